"""Rows to customers, as Narwhals expressions: activity, sleep, wear."""
