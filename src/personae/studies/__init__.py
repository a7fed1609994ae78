"""One folder a publisher's data: its source, its simulation, its claims."""
