"""Clusterers, quality, stability, choice of k and identity of segments."""
