"""Placeholder map; the first real module replaces this line."""
