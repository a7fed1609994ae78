"""Targeting: profit, budgets, actions and uplift."""
