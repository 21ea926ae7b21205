"""The rules behind the alignment of an account, worked by hand (K9, K11, K16)."""

import datetime

import pytest

from buying_center import alignments
from buying_center.alignment_words import layer_finding, lift_words, page_finding
from buying_center.alignments import Alignment, AlignmentScore, ranked, weakest
from buying_center.checks import Check
from buying_center.models import WEIGHT_FACTORS
from buying_center.network.ladder import latest_of_each, lower_median, perception_gap
from buying_center.network.layers import depth, next_steps, role_reaches
from buying_center.network.positioning import position_of, weight_of
from buying_center.selectors.alignment import checks_alignment
from tests.buying_center.centres import centre

BUYER = {"bea": {"roles": "buyer", "strength": 4}}
USER = {"uma": {"roles": "user", "strength": 3}}
INFLUENCER = {"ian": {"roles": "influencer", "strength": 3}}
DECIDER = {"dan": {"roles": "decider", "strength": 4}}


class TestRelationshipFacet:
    """A role is reached at 3; strong at 4 (K16)."""

    @pytest.mark.parametrize(
        ("people", "layer"),
        [
            ({}, None),
            ({"bea": {"roles": "buyer", "strength": 2}}, None),
            ({"bea": {"roles": "buyer"}}, None),
            (BUYER, "transactional"),
            (BUYER | USER, "transactional"),
            # Somebody powerful is known, nobody who promotes: still a buyer's relationship.
            (BUYER | DECIDER, "transactional"),
            (BUYER | INFLUENCER, "consultative"),
            (BUYER | {"fay": {"roles": "facilitator", "strength": 5}}, "consultative"),
            # The influencer is known at 2 of 5: not reached.
            (BUYER | {"ian": {"roles": "influencer", "strength": 2}}, "transactional"),
            # Every role at 4, but nobody is known to decide.
            (BUYER | {"ian": {"roles": "influencer", "strength": 4}}, "consultative"),
            (BUYER | DECIDER | {"ian": {"roles": "influencer", "strength": 4}}, "transformative"),
            # One role below 4 is enough to fall back.
            (BUYER | DECIDER | INFLUENCER, "consultative"),
            (BUYER | DECIDER | {"ian": {"roles": "influencer", "strength": 4}} | USER, "consultative"),
            # In each role the best person counts.
            (
                BUYER
                | DECIDER
                | {
                    "ian": {"roles": "influencer", "strength": 1},
                    "ivy": {"roles": "influencer", "strength": 5},
                },
                "transformative",
            ),
            # Whoever has left is reached no more.
            (
                BUYER | {"ian": {"roles": "influencer", "strength": 5, "left_on": datetime.date(2026, 1, 1)}},
                "transactional",
            ),
        ],
    )
    def test_the_layer_follows_from_who_is_reached(self, people, layer):
        assert depth(centre(people), vendor_tier=None).relationship == layer

    def test_a_better_connection_of_a_colleague_counts_before_the_judged_strength(self):
        found = role_reaches(centre({"ian": {"roles": "influencer", "strength": 1}}, ties="nora>ian 4"))
        assert [(role.role, role.strength, role.who) for role in found] == [("influencer", 4, "ian")]

    def test_of_several_in_a_role_the_best_known_is_named(self):
        people = {
            "ann": {"roles": "user", "strength": 3, "power": 9},
            "bob": {"roles": "user buyer", "strength": 4, "power": 2},
        }
        found = {role.role: role.who for role in role_reaches(centre(people))}
        assert found == {"user": "bob", "buyer": "bob"}


class TestDepth:
    CONSULTATIVE = BUYER | INFLUENCER

    @pytest.mark.parametrize(
        ("tier", "economic", "overall"),
        [
            (None, None, None),
            (3, "transactional", "transactional"),
            (2, "consultative", "consultative"),
            (1, "transformative", "consultative"),
        ],
    )
    def test_the_lower_facet_counts_and_an_unknown_one_is_not_guessed(self, tier, economic, overall):
        found = depth(centre(self.CONSULTATIVE), vendor_tier=tier)
        assert (found.economic, found.overall) == (economic, overall)

    @pytest.mark.parametrize(("stated", "steps"), [("transformative", 1), ("consultative", 0), ("", None)])
    def test_what_is_stated_is_compared_in_layers(self, stated, steps):
        assert depth(centre(self.CONSULTATIVE), vendor_tier=2).against(stated) == steps

    def test_the_difference_is_said_in_words(self):
        found = depth(centre(self.CONSULTATIVE), vendor_tier=3)
        assert layer_finding(found, "transformative") == (
            "You state transformative; the connection is two layers lower: transactional"
        )
        assert layer_finding(found, "transactional") == "The connection is transactional, as you state"

    def test_the_next_layer_asks_for_what_is_missing_on_both_facets(self):
        found = depth(centre(BUYER | {"ian": {"roles": "influencer", "strength": 2}}), vendor_tier=3)
        said = [lift_words(step, {"ian": "Ian"}) for step in next_steps(found, vendor_tier=3)]
        assert said == [
            "Win Ian (influencer): 2 of 5 now, 3 needed.",
            "Become a tier-2 vendor: up to then the economic side stays lower.",
        ]

    def test_towards_the_top_every_weak_role_is_named_the_decider_first(self):
        people = INFLUENCER | {"dan": {"roles": "decider", "strength": 3}} | {"gus": {"roles": "gatekeeper"}}
        steps = next_steps(depth(centre(people), vendor_tier=2), vendor_tier=2)
        assert [(step.kind, step.role, step.strength) for step in steps] == [
            ("strengthen", "decider", 3),
            ("strengthen", "gatekeeper", 0),
            ("strengthen", "influencer", 3),
            ("tier", "", 0),
        ]
        assert steps[-1].needed == 1

    def test_an_empty_centre_begins_with_its_first_person(self):
        steps = next_steps(depth(centre({}), vendor_tier=None), vendor_tier=None)
        assert [step.kind for step in steps] == ["reach", "tier_unknown"]

    def test_at_the_top_nothing_is_left_to_do(self):
        people = BUYER | DECIDER | {"ian": {"roles": "influencer", "strength": 4}}
        assert next_steps(depth(centre(people), vendor_tier=1), vendor_tier=1) == []


class TestLadder:
    @pytest.mark.parametrize(
        ("rungs", "view"),
        [
            ([], ""),
            (["integrated"], "integrated"),
            (["basic", "integrated"], "basic"),
            (["basic", "cooperative", "integrated"], "cooperative"),
            # Two middles: the lower one, for suppliers over-estimate.
            (["exploratory", "cooperative", "interdependent", "integrated"], "cooperative"),
        ],
    )
    def test_the_customers_view_is_the_lower_median(self, rungs, view):
        assert lower_median(rungs) == view

    def test_of_each_respondent_the_latest_answer_counts(self):
        answers = [("ann", "basic"), ("bob", "integrated"), ("ann", "cooperative")]
        assert sorted(latest_of_each(answers)) == ["cooperative", "integrated"]

    @pytest.mark.parametrize(
        ("ours", "theirs", "gap"),
        [
            ("integrated", "basic", 3),
            ("basic", "basic", 0),
            ("exploratory", "cooperative", -2),
            ("ending", "basic", None),
            ("", "basic", None),
            ("basic", "", None),
        ],
    )
    def test_the_gap_is_counted_in_steps(self, ours, theirs, gap):
        assert perception_gap(ours, theirs) == gap


def factors(*scores):
    return dict(zip(WEIGHT_FACTORS, (*scores, *[None] * (6 - len(scores))), strict=True))


class TestPositioning:
    def test_the_weight_is_the_mean_of_what_is_judged_from_three_on(self):
        assert weight_of(factors(8, 5, 2)) == (5.0, 3)
        assert weight_of(factors(8, 5)) == (None, 2)
        assert weight_of(factors(0, 0, 0, 0, 0, 0)) == (0.0, 6)

    @pytest.mark.parametrize(
        ("scores", "share", "place"),
        [
            ((5, 5, 5), 0.5, "strategic_partner"),
            ((5, 5, 5), 0.49, "strategic_security"),
            ((4, 5, 5), 0.5, "tactical_profit"),
            ((0, 1, 2), 0.1, "tactical_easy"),
            ((9, 9), 0.9, None),
            # Credits larger than sales: a small spend, not an unknown one.
            ((9, 9, 9), -0.1, "strategic_security"),
        ],
    )
    def test_both_cuts_belong_to_the_high_side(self, scores, share, place):
        assert position_of(factors(*scores), share=share, judged_spend=None).position == place

    def test_a_computed_share_goes_before_a_judged_one(self):
        found = position_of(factors(6, 6, 6), share=0.2, judged_spend=9)
        assert (found.spend, found.basis, found.position) == (0.2, "computed", "strategic_security")
        judged = position_of(factors(6, 6, 6), share=None, judged_spend=9)
        assert (judged.spend, judged.basis, judged.position) == (0.9, "judged", "strategic_partner")
        assert position_of(factors(6, 6, 6), share=None, judged_spend=None).position is None


def three(**scores):
    return [
        Alignment(key, label, "", AlignmentScore(scores.get(key), "Because."))
        for key, label in alignments.LABELS.items()
    ]


class TestWeakest:
    def test_the_lowest_known_one_is_named_and_unknown_ones_come_last(self):
        found = ranked(three(interfaces=0.6, connections=0.4))
        assert [one.key for one in found] == ["connections", "interfaces", "sales_process"]
        assert weakest(found).key == "connections"
        assert page_finding("Fjellvik", found) == (
            "Connections are the weakest link, at 40\xa0%; the sales process is not known yet"
        )

    def test_an_unknown_one_is_never_the_weakest(self):
        assert weakest(ranked(three(interfaces=0.9))).key == "interfaces"
        assert weakest(ranked(three())) is None
        assert page_finding("Fjellvik", ranked(three())) == (
            "Nobody has judged yet how well we and Fjellvik work together"
        )

    def test_nothing_is_named_where_nothing_is_wanting(self):
        found = ranked(three(interfaces=1.0, connections=1.0))
        assert weakest(found) is None
        assert page_finding("Fjellvik", found) == (
            "What is known of our alignment with Fjellvik is in order; the sales process is not known yet"
        )

    def test_checks_score_what_applies_and_say_the_first_that_is_broken(self):
        checks = [
            Check("lead", True, "There is a lead."),
            Check("sponsor", False, "Nobody is the sponsor.", act="Name a sponsor", url="/there/"),
            Check("review", None, "No review is needed."),
            Check("plan", False, "Two executives have no plan."),
        ]
        found = checks_alignment(checks, url="/here/")
        assert found.score == pytest.approx(1 / 3)
        assert found.reason == "Nobody is the sponsor; 1 of 3 checks passed."
        assert (found.act, found.url) == ("Name a sponsor", "/there/")
        assert checks_alignment([], url="/here/").score is None
