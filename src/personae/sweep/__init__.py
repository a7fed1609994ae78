"""Hyperparameter search with Optuna: resumable, tracked, scored on held-out data."""
