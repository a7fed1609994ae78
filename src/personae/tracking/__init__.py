"""What the graph and the sweeps found, kept in MLflow; the only package that imports mlflow."""
