"""The shape of single objects and of the files they stand in."""
