"""What every room needs: errors, files, tables, settings, statistics."""
