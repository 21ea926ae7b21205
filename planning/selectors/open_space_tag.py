"""The entity tag of an account's Open Space: of all that the grid shows, so that no change goes unseen.

It costs a fraction of the grid: the database tells each set that the grid shows as one number.
"""

import hashlib

from kam.tenancy.reference import reference_date
from planning.selectors.open_space_facts import Facts, Outline

# Counts up when the answer made of the same facts changes.
_FORM = 3


def open_space_tag(read: Outline | Facts) -> str:
    """The strong entity tag of the grid that was read, with its quotes."""
    day = reference_date(read.settings)
    shown = (_FORM, str(read.account.pk), day, tuple(read.stamp))
    return f'"{hashlib.sha256(repr(shown).encode()).hexdigest()[:32]}"'
