"""Unusual days of a user, and what a user's first days say."""
