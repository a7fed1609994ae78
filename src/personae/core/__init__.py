"""What every room needs: errors, files, tables, settings, statistics. It imports no other room."""
