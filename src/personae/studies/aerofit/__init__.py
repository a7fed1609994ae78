"""Buyers of three treadmills."""
