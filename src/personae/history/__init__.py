"""Stored results: read back from MLflow or git, compared, computed again."""
