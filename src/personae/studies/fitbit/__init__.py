"""Users of a fitness tracker and their minutes."""
