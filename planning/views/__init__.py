"""The pages of planning by subject."""
