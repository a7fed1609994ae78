"""Searches over composed settings with Optuna: resumable, tracked, reported on data that did not search."""
