"""The sentences that open the pages of planning (LOOK §1, §8): pure functions from figures to text."""
