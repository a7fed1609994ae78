"""Segments that survive: clusterers, quality, nulls, stability, choice of k and identity over runs."""
