"""Results of graph and sweeps in MLflow, the only importer of mlflow."""
