"""Hydra composes a study's configuration from conf/ and params.yaml; typed settings check it."""
