"""Customers of a shop and their answer to a campaign."""
