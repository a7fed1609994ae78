"""Raw files to tidy tables: what every source shares."""
