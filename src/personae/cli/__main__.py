"""`python -m personae.cli`."""

from personae.cli.main import app

app()
