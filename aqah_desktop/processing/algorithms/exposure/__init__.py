"""Exposure: who and what lies under a concentration map, and how near to one another."""
