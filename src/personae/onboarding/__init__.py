"""Files that nobody has seen to a study: what they hold is guessed, asked about and written down."""
