"""Settings that the wheel carries: Hydra finds them as pkg://personae.conf."""
