"""Pictures of the report, one module a subject; each function takes figures and gives a `Picture`."""
