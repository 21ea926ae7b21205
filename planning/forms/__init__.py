"""Forms of the pages about plans, value and reviews."""
