"""Raw files of the publishers to tidy tables, one module a study."""
