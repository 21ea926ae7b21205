"""The readers behind the three alignments that this app knows of (K11)."""

from collections.abc import Callable, Sequence

from django.urls import reverse

from accounts.models import Account
from buying_center import alignment_words as words
from buying_center.alignments import AlignmentScore, Reader
from buying_center.checks import Check, score
from buying_center.selectors.centre import CentreRows, centre_of
from buying_center.selectors.interfaces import interface_score, interfaces_of
from kam.common import formatting
from kam.tenancy.access import Principal


def interfaces_alignment(principal: Principal, account: Account) -> AlignmentScore:
    """Mean of what is known of the interfaces; one query."""
    rows = interfaces_of(account)
    url = reverse("buying_center:alignment", args=[account.pk]) + "#interfaces"
    return words.interfaces_score(rows, interface_score(rows), url)


def connections_reader(checks: Callable[[Account, CentreRows], list[Check]]) -> Reader:
    """The reader behind the connections alignment, from the checks of K11 on an account's centre.

    Where nobody of the customer is known there is nothing to check yet: not known, never 0.
    """

    def read(principal: Principal, account: Account) -> AlignmentScore:
        url = reverse("buying_center:people", args=[account.pk])
        rows = centre_of(account)
        if all(someone.is_placeholder for someone in rows.centre.here.values()):
            return AlignmentScore(None, "Nobody at this customer is known yet.", "Add the first person", url)
        return checks_alignment(checks(account, rows), url=url)

    return read


def checks_alignment(checks: Sequence[Check], *, url: str) -> AlignmentScore:
    """Passed checks / all that apply, with the first one broken as the reason (K11)."""
    found = score(checks)
    if found is None:
        return AlignmentScore(None, "Nothing can be checked yet.", url=url)
    broken = [check for check in checks if check.passed is False]
    if not broken:
        return AlignmentScore(found, "Every check is passed.", url=url)
    first = broken[0]
    counted = sum(check.passed is not None for check in checks)
    passed = f"{formatting.number(counted - len(broken))} of {formatting.number(counted)} checks passed"
    reason = f"{first.words.rstrip('.')}; {passed}."
    return AlignmentScore(found, reason, first.act, first.url or url)
