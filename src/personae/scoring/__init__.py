"""From a raw row to a decision, with what a study learned."""
