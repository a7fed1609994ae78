"""Results of earlier: read back from MLflow or git, compared, and computed again."""
