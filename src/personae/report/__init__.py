"""The report of a study: one HTML page, its pictures, and the overview of all studies."""
