"""Every month after: drift, migration, champion or challenger, and customers' value."""
