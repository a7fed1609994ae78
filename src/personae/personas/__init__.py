"""Persona cards: names, groups, anchors and their Markdown."""
