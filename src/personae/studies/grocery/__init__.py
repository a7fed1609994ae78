"""Customers and baskets of a supermarket."""
