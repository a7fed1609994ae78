"""Segments, personas, response models and promotions that survive scrutiny."""
