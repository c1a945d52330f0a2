"""Secrets of the user's: where they are stored, and found by their names."""
