"""Assumptions, tests, effect sizes, equivalence and the merge verdict; probabilities with intervals."""
