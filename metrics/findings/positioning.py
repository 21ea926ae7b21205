"""What the positioning matrix says in one sentence (K9, LOOK §8)."""

from collections.abc import Mapping

from kam.common import formatting


def positioning_finding(counts: Mapping[str, int], *, unplaced: int) -> str:
    """How many accounts see something strategic in us, and where price alone decides."""
    placed = sum(counts.values())
    if not placed:
        return "No account is placed yet: nobody has judged how weighty we are to it"
    strategic = counts["strategic_partner"] + counts["strategic_security"]
    bargaining = counts["tactical_profit"]
    head = (
        f"{formatting.number(strategic)} of {formatting.plural(placed, 'placed account')} "
        f"{'sees' if strategic == 1 else 'see'} us as strategic"
    )
    if bargaining:
        return f"{head}; {formatting.number(bargaining)} will bargain over price"
    if unplaced:
        return f"{head}; {formatting.number(unplaced)} {'is' if unplaced == 1 else 'are'} not placed"
    return head


def missing_finding(count: int) -> str:
    return f"{formatting.plural(count, 'account has', 'accounts have')} no place yet"
