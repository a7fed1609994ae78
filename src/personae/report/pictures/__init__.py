"""Pictures of the report, one module a subject, each a `Picture`."""
