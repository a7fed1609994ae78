"""Whom to contact, with what, and for how much: profit, budgets, actions, uplift."""
