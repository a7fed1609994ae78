"""From unknown files to a study: contents are guessed, confirmed and written."""
