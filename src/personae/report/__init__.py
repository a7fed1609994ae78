"""Pages: a study's report, its pictures, and the overview of all studies."""
