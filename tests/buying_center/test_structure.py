"""The contact structure, worked by hand, and what always holds of it (K9)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from buying_center.network.model import Tie
from buying_center.network.structure import (
    Facing,
    contact_structure,
    leaving,
    only_contacts,
    structure_of,
)
from tests.buying_center.centres import centre

# noor and ada are ours, ada a senior; at the customer r is senior in finance, m and k are in rental, j in workshops.
OURS = {"noor": Facing(), "ada": Facing(is_senior=True), "bo": Facing(), "ines": Facing()}
THEIRS = {
    "r": Facing("Finance", True),
    "m": Facing("Rental"),
    "k": Facing("rental"),
    "j": Facing("Workshops"),
    "u": Facing(),
}


def structure(text):
    return contact_structure([tuple(pair.split("-")) for pair in text.split()], OURS, THEIRS)


class TestKinds:
    @pytest.mark.parametrize(
        ("links", "kind", "wants"),
        [
            ("", None, ()),
            ("noor-m", "bow_tie", ()),
            ("noor-m noor-m", "bow_tie", ()),
            ("noor-m noor-k", "one_to_many", ()),
            ("noor-m noor-k noor-r noor-j", "one_to_many", ()),
            # Three with three, finance and rental, ada–r senior, everybody on 1 of 3.
            ("noor-m bo-k ada-r", "diamond", ()),
            # noor is on 2 of 4 links: half is not more than half.
            ("noor-m noor-k bo-j ada-r", "diamond", ()),
            # noor is on 3 of 5.
            ("noor-m noor-k noor-j bo-m ada-r", "mixed", ("spread",)),
            # r is on 3 of 5: theirs may carry too much as well.
            ("ada-r bo-r noor-r noor-m bo-k", "mixed", ("spread",)),
            # Nobody senior of ours meets r.
            ("noor-m bo-k ines-r", "mixed", ("senior_pair",)),
            # Rental twice, and the third department is not known: one function.
            ("noor-m bo-k ada-u", "mixed", ("functions", "senior_pair")),
            ("noor-m bo-r", "mixed", ("ours", "theirs", "senior_pair")),
            # All of ours meet one of theirs.
            ("noor-r bo-r ada-r", "mixed", ("theirs", "functions", "spread")),
        ],
    )
    def test_it_is_as_k9_says(self, links, kind, wants):
        found = structure(links)
        assert (found.kind, found.wants) == (kind, wants)

    def test_it_says_who_it_hangs_on(self):
        found = structure("noor-m noor-k noor-j bo-m ada-r")
        assert (found.hub, found.share, found.links) == ("noor", 0.6, 5)
        assert found.ours == ("noor", "ada", "bo") and found.theirs[0] == "m"
        assert found.functions == ("finance", "rental", "workshops")
        assert found.senior_pairs == (("ada", "r"),)
        assert structure("noor-m bo-k ada-r").hub is None
        assert structure("noor-m").hub is None


class TestLeaving:
    # noor knows m (4), k (2) and r (3); bo knows m (2).
    PEOPLE = {
        "m": {"department": "Rental"},
        "k": {"department": "Rental"},
        "r": {"roles": "decider", "department": "Finance", "level": "executive"},
    }

    def test_one_of_ours(self):
        now = centre(self.PEOPLE, ties="noor>m 4, noor>k 2, noor>r 3, bo>m 2", ours=("noor", "bo"))
        found = leaving(now, "noor")
        assert (found.is_ours, found.before.kind, found.after.kind) == (True, "mixed", "bow_tie")
        assert sorted(found.alone) == ["k", "r"]
        assert found.loss.unreached == ("r",)
        assert not found.is_harmless
        assert leaving(now, "bo").is_harmless is False  # one_to_many instead of mixed: it hangs on noor then
        assert leaving(now, "bo").alone == ()

    def test_one_of_theirs(self):
        now = centre(self.PEOPLE, ties="noor>m 4, noor>r 3, bo>m 2", ours=("noor", "bo"))
        found = leaving(now, "m")
        assert (found.is_ours, found.after.kind) == (False, "bow_tie")
        assert found.alone == ("bo",)
        assert found.loss.unreached == ()

    def test_cover_alone_is_no_connection_and_leavers_do_not_count(self):
        now = centre(self.PEOPLE, ties="noor>m 4", ours=("noor",))
        covered = type(now)(
            today=now.today, people=now.people, ours=now.ours, ties=(Tie("noor", "m", 4, True),)
        )
        assert structure_of(now).kind == "bow_tie"
        assert structure_of(covered).kind is None


PAIRS = st.lists(st.tuples(st.sampled_from(sorted(OURS)), st.sampled_from(sorted(THEIRS))), max_size=14)


class TestAlways:
    @given(PAIRS)
    def test_the_order_of_links_and_repeats_change_nothing(self, pairs):
        assert contact_structure(pairs, OURS, THEIRS) == contact_structure(
            [*pairs, *pairs[::-1]], OURS, THEIRS
        )

    @given(PAIRS)
    def test_every_set_of_links_has_one_structure_that_fits_its_numbers(self, pairs):
        found = contact_structure(pairs, OURS, THEIRS)
        mine, others = {a for a, _ in pairs}, {b for _, b in pairs}
        assert (set(found.ours), set(found.theirs)) == (mine, others)
        assert (found.kind is None) == (not pairs)
        assert (found.kind == "bow_tie") == (len(set(pairs)) == 1)
        assert (found.kind == "one_to_many") == (len(mine) == 1 and len(others) > 1)
        if found.kind == "diamond":
            assert len(mine) >= 3 and len(others) >= 3 and found.senior_pairs and found.hub is None
        assert bool(found.wants) == (found.kind == "mixed")

    @given(PAIRS)
    def test_nobody_alone_after_a_leaver_had_a_second_contact(self, pairs):
        ties = [Tie(a, b, 3) for a, b in pairs]
        for who, contact in only_contacts(ties).items():
            assert {pair for pair in set(pairs) if who in pair} == {
                (who, contact) if who in OURS else (contact, who)
            }
