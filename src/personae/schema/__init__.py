"""Frozen typed settings, one module a section; values live in conf/ and params.yaml, never here."""
