"""Unusual days of a user, and predictions from a user's first days."""
