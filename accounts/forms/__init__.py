"""Forms of the pages about accounts, segments, the catalogue and rates."""
