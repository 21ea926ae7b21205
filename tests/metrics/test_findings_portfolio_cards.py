"""The headings of the portfolio's cards and the suggestions of decisions: hand-worked cases and any figures."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.findings import portfolio_cards as cards
from metrics.findings.portfolio import (
    LineFacts,
    in_words,
    text_of,
)
from metrics.findings.portfolio_cards import Change, KeyFacts, QuadrantSum, WhaleFacts
from metrics.findings.portfolio_suggestions import VERBS, SuggestionFacts, suggestion_sentence
from metrics.models import AccountDecision

NB = "\u00a0"
MINUS = "\u2212"


def plain(text: str) -> str:
    return text.replace(NB, " ")


amounts = st.none() | st.floats(-1e7, 1e7).map(lambda value: round(value, 2))
Q = QuadrantSum


@pytest.mark.parametrize(
    ("quadrants", "expected"),
    [
        (
            {"desirable": Q(69, 728_335), "undesirable": Q(501, -2_225_520)},
            "69 desirable accounts earn $728k; 501 undesirable ones lose three times that",
        ),
        (
            {"desirable": Q(1, 500), "undesirable": Q(1, -100)},
            "1 desirable account earns $500; 1 undesirable one loses $100",
        ),
        (
            {"desirable": Q(3, 500), "undesirable": Q(0, 0)},
            "3 desirable accounts earn $500; none is undesirable",
        ),
        ({"desirable": Q(0, 0), "undesirable": Q(4, 20)}, "No account is desirable; 4 undesirable bring $20"),
        ({"undeveloped": Q(2, -5)}, "No account is desirable, and none is undesirable"),
        ({}, "No account can be placed: contribution or potential is not known"),
    ],
)
def test_matrix_heading(quadrants: dict[str, QuadrantSum], expected: str) -> None:
    assert plain(cards.matrix_finding(quadrants, "USD")) == expected


@pytest.mark.parametrize(
    ("quadrants", "expected"),
    [
        (
            {"friend": Q(37, 236_000), "vulture": Q(53, -367_000)},
            "37 of 90 loyal accounts are profitable; 53 vultures lose $367k",
        ),
        (
            {"friend": Q(1, 2), "vulture": Q(1, 30)},
            "1 of 2 loyal accounts is profitable; one vulture leaves $30",
        ),
        ({"friend": Q(5, 10)}, "All 5 loyal accounts are profitable"),
        ({"vulture": Q(1, -10)}, "The one loyal account is not profitable; it loses $10"),
        ({"butterfly": Q(4, 10)}, "No account is loyal; 4 are profitable all the same"),
        ({"stranger": Q(4, -10)}, "No account is loyal, and none is profitable"),
        ({"friend": Q(0, 0)}, "No account can be placed: none has sales and a known margin"),
    ],
)
def test_loyalty_heading(quadrants: dict[str, QuadrantSum], expected: str) -> None:
    assert plain(cards.loyalty_finding(quadrants, "USD")) == expected


@pytest.mark.parametrize(
    ("whale", "expected"),
    [
        (
            WhaleFacts(493, 177, 316, 790_877, -1_579_740),
            "177 accounts earn $791k; 316 spend three times that",
        ),
        (WhaleFacts(10, 10, 0, 500, 500), "10 accounts earn $500; none spends it"),
        (WhaleFacts(10, 9, 1, 500, 400), "9 accounts earn $500; 1 spends $100 of it"),
        (WhaleFacts(10, 9, 1, 500, 10), "9 accounts earn $500; 1 spends just about all of it"),
        (WhaleFacts(3, 0, 3, 0, -60), "No account earns; 3 lose $60"),
        (WhaleFacts(1, 0, 0, 0, 0), "No account earns, and none loses money"),
        (WhaleFacts(0, unknown=4), "No contribution is known"),
        (WhaleFacts(0), "Nothing was sold in 12 months"),
    ],
)
def test_whale_heading(whale: WhaleFacts, expected: str) -> None:
    assert plain(cards.whale_finding(whale, "USD")) == expected


def lines(*margins: float | None) -> list[LineFacts]:
    return [LineFacts(f"Line {i}", 100.0, margin) for i, margin in enumerate(margins)]


@pytest.mark.parametrize(
    ("given_lines", "expected"),
    [
        (lines(100, 50, -120, -40), "Two product lines lose more than the others earn"),
        (lines(100, -120), "Line 1 lost more than the others earned"),
        (lines(100, -20, -30), "2 of 3 product lines lose $50"),
        (lines(100, 20), "Line 0 brought the most: $100"),
        (lines(100), "Line 0 brought all of $100"),
        (lines(-5, -6), "Every product line loses money"),
        (lines(-5, 0), "No product line earns money"),
        (lines(None, None), "No margin by product line is known"),
        ([], "No product line was sold"),
    ],
)
def test_lines_heading(given_lines: list[LineFacts], expected: str) -> None:
    assert plain(cards.lines_finding(given_lines, "USD")) == expected


REFERENCE = datetime.date(2013, 11, 30)


def changes(*contributions: float | None) -> list[Change]:
    return [Change(contribution) for contribution in contributions]


def gone(*days: str) -> list[Change]:
    return [Change(0.0, sold=False, last_sale=datetime.date.fromisoformat(day)) for day in days]


def test_risers_and_falls_headings() -> None:
    assert cards.risers_finding(changes(-1, -2, -3, -4, -5)) == "All five fastest risers lose money"
    assert cards.risers_finding(changes(-1, 2, -3)) == "Two of the three fastest risers lose money"
    assert (
        cards.risers_finding(changes(1, None))
        == "None of the two fastest risers loses money, as far as is known"
    )
    assert cards.risers_finding(changes(None, None)) == "What the two fastest risers earn is not known"
    assert cards.risers_finding(changes(-1)) == "The only riser loses money"
    assert cards.risers_finding([]) == "No account bought more than the year before"
    stopped = gone("2012-10-28", "2012-11-28")
    assert cards.falls_finding(stopped, REFERENCE) == "The two largest falls stopped ordering a year ago"
    assert (
        cards.falls_finding(gone("2011-01-02", "2012-11-28"), REFERENCE)
        == "The two largest falls stopped ordering"
    )
    assert (
        cards.falls_finding([*stopped, Change(3.0)], REFERENCE)
        == "Two of the three largest falls stopped ordering"
    )
    assert cards.falls_finding([Change(3.0)], REFERENCE) == "The largest fall still orders"
    assert cards.falls_finding([], REFERENCE) == "No account bought less than the year before"


@given(st.lists(st.builds(Change, amounts, st.booleans(), st.none() | st.dates()), max_size=5))
def test_headings_of_changes_count_rightly(rows: list[Change]) -> None:
    losing = sum(1 for row in rows if row.contribution is not None and row.contribution < 0)
    text = cards.risers_finding(rows)
    if text.startswith("All"):
        assert losing == len(rows)
    elif " of the " in text and not text.startswith("None"):
        assert text.lower().startswith(f"{in_words(losing)} of the {in_words(len(rows))}")
    elif text.startswith("None"):
        assert losing == 0
    stopped = sum(1 for row in rows if not row.sold)
    text = cards.falls_finding(rows, REFERENCE)
    if "stopped ordering" in text:
        assert stopped
        assert stopped == len(rows) or text.lower().startswith(in_words(stopped))
    if "still order" in text:
        assert stopped == 0


def test_decisions_pareto_stale_and_movers() -> None:
    assert cards.decisions_finding(5) == "Five accounts need a decision"
    assert cards.decisions_finding(23) == "23 accounts need a decision"
    assert cards.decisions_finding(1) == "One account needs a decision"
    assert cards.decisions_finding(0) == "No account needs a decision"
    assert cards.decisions_finding(0, decided=2) == "Everything is decided"
    assert cards.pareto_finding(80, 635) == "80 accounts make half of sales"
    assert cards.pareto_finding(1, 4) == "1 account makes half of sales"
    assert cards.pareto_finding(1, 1) == "One account makes all sales"
    assert cards.pareto_finding(None, 3) == "No account has sales in this window"
    assert plain(cards.stale_finding(12, everybody=False)) == (
        "12 accounts have newer sales or inputs than these figures"
    )
    assert plain(cards.stale_finding(1, everybody=False)).startswith("1 account has")
    assert cards.stale_finding(0, everybody=False) == ""
    assert cards.stale_finding(0, everybody=True).startswith("Every account has")
    may = datetime.date(2013, 5, 31)
    assert (
        cards.movers_finding(12, 6, before=may, now=REFERENCE)
        == "The six accounts that moved most since 31 May 2013"
    )
    assert cards.movers_finding(1, 1, before=REFERENCE, now=REFERENCE) == "One account moved"
    assert cards.movers_finding(2, 2, before=REFERENCE, now=REFERENCE, computed="3 Jan 2014") == (
        "Two accounts moved since the computation of 3 Jan 2014"
    )


def test_key_accounts_against_the_rest() -> None:
    sure = KeyFacts(5, 90, 0.24, 0.08, 0.05, 0.31)
    assert plain(cards.key_finding(sure)) == "The five key accounts grew 24 %, the rest grew 8 %"
    assert plain(cards.key_doubt(sure)) == (
        "With 95 % confidence they grow faster: the difference is between +5.0 points and +31.0 points."
    )
    assert "may be chance" in cards.key_doubt(KeyFacts(5, 90, 0.24, 0.08, -0.1, 0.3))
    assert "slower" in cards.key_doubt(KeyFacts(5, 90, -0.24, 0.08, -0.5, -0.1))
    assert cards.key_doubt(KeyFacts(1, 2, 0.1, 0.2)).startswith("Too few")
    assert cards.key_finding(KeyFacts(0, 3)).startswith("No account was a key account a year ago")
    assert (
        plain(cards.key_finding(KeyFacts(1, 3, -0.1, 0.001)))
        == "The key account fell 10 %, the rest stood still"
    )
    assert cards.key_finding(KeyFacts(1, 0, 0.1, None)).endswith("there is nobody to compare with")
    assert cards.key_finding(KeyFacts(2, 3, None, 0.1)).startswith("The key accounts had no sales")


def suggestion(**values: object) -> str:
    return plain(text_of(suggestion_sentence(SuggestionFacts(currency="USD", **values))))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (
            {
                "kind": "reprice",
                "sales": 387e3,
                "sales_prior": 190e3,
                "contribution": -30.3e3,
                "contribution_prior": -7.9e3,
                "worst_line": "Road Bikes",
                "worst_share": 0.8,
            },
            f"Sales doubled to $387k, and the loss grew from $7.9k to {MINUS}$30.3k: "
            "80 % of the gross loss is Road Bikes.",
        ),
        (
            {
                "kind": "reprice",
                "sales": 535e3,
                "contribution": -86.7e3,
                "contribution_prior": 0.0,
                "worst_line": "Touring Bikes",
                "worst_share": 1.0,
            },
            f"New this year with $535k, and it left {MINUS}$86.7k: all of the gross loss is Touring Bikes.",
        ),
        (
            {
                "kind": "reduce",
                "sales": 82e3,
                "sales_prior": 100e3,
                "contribution": -27.3e3,
                "contribution_prior": 2e3,
                "potential": -20e3,
            },
            f"Sales fell 18 % to $82.0k, and $2.0k of contribution turned into {MINUS}$27.3k. "
            "Its expected potential does not cover that.",
        ),
        (
            {
                "kind": "reduce",
                "sales": 99e3,
                "sales_prior": 100e3,
                "contribution": -5e3,
                "contribution_prior": -9e3,
            },
            f"Sales stood still at $99.0k, and contribution is {MINUS}$5.0k. "
            "No potential is known that would cover that.",
        ),
        (
            {
                "kind": "win_back",
                "sales_prior": 269e3,
                "contribution_prior": 19.8e3,
                "last_sale": datetime.date(2012, 11, 28),
            },
            "Earned $19.8k on $269k the year before, then no order since 28 Nov 2012.",
        ),
        (
            {"kind": "promote", "contribution": 18.3e3, "active_share": 11 / 12},
            "Earns $18.3k a year, bought in 92 % of its quarters, is not a key account yet.",
        ),
        (
            {"kind": "invest", "contribution": 0.0, "expected": 3.5e3, "estimated": True},
            "Leaves nothing now; ≈ $3.5k more is expected from what it does not buy from us yet.",
        ),
    ],
)
def test_suggestions_name_their_two_figures(values: dict[str, object], expected: str) -> None:
    assert suggestion(**values) == expected


def test_every_suggestion_is_a_verdict() -> None:
    assert set(VERBS) < set(AccountDecision.Verdict.values)
