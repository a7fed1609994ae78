"""Imputers, the scorecard that judges them on cells they have not seen, and the completed table."""
