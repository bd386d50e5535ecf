"""Shapes of single objects; what no other object is needed to judge."""
