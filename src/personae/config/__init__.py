"""Composed study settings, from conf/ and params.yaml, checked by typed models."""
