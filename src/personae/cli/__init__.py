"""The `personae` command."""
