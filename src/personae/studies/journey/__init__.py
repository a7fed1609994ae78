"""Households, their baskets over a year, and the coupons they used."""
