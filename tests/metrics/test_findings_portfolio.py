"""The portfolio's sentences: hand-worked cases, and that none ever claims what the figures do not say."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.findings.portfolio import (
    MOST_WORDS,
    LineFacts,
    PortfolioFacts,
    YearFacts,
    lede,
    portfolio_finding,
    text_of,
    times,
)

NB = "\u00a0"
MINUS = "\u2212"


def plain(text: str) -> str:
    return text.replace(NB, " ")


def finding(**facts: object) -> str:
    return plain(text_of(portfolio_finding(PortfolioFacts(**{"everywhere": 635, "accounts": 635, **facts}))))


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (
            {"ranked": 635, "half": 80, "losing": 335},
            "Half of your sales come from 80 of 635 accounts; 335 lose money at gross margin.",
        ),
        (
            {"ranked": 106, "half": 13, "losing": 1, "filtered": True},
            "Half of these sales come from 13 of 106 accounts; 1 loses money at gross margin.",
        ),
        (
            {"ranked": 12, "half": 3, "losing": 0},
            "Half of your sales come from 3 of 12 accounts; none loses money at gross margin.",
        ),
        (
            {"ranked": 12, "half": 3, "losing": 12},
            "Half of your sales come from 3 of 12 accounts; all 12 lose money at gross margin.",
        ),
        (
            {"ranked": 12, "half": 3, "unknown": 12},
            "Half of your sales come from 3 of 12 accounts; what they earn is not known.",
        ),
        (
            {"ranked": 12, "half": 3, "unknown": 2},
            "Half of your sales come from 3 of 12 accounts; none is known to lose money at gross margin.",
        ),
        (
            {"ranked": 12, "half": 3, "losing": 4, "unknown": 1},
            "Half of your sales come from 3 of 12 accounts; 4 lose money, 1 is not known.",
        ),
        (
            {"ranked": 4, "half": 1, "top_name": "Westside Plaza", "top_share": 0.62, "losing": 2},
            "Westside Plaza alone brings 62 % of your sales; 2 lose money at gross margin.",
        ),
        (
            {"ranked": 4, "half": 1, "top_name": "A B C D E F", "top_share": 0.5, "losing": 0},
            "One account alone brings 50 % of your sales; none loses money at gross margin.",
        ),
        (
            {"ranked": 1, "half": 1, "losing": 1, "accounts": 1, "everywhere": 1},
            "All of your sales come from one account; it loses money at gross margin over 36 months.",
        ),
        (
            {"ranked": 1, "half": 1, "unknown": 1},
            "All of your sales come from one account; what it earns is not known.",
        ),
        (
            {"ranked": 1, "half": 1},
            "All of your sales come from one account; it does not lose money at gross margin over 36 months.",
        ),
        ({"ranked": 0}, "None of 635 accounts bought anything in the last 36 months."),
        ({"ranked": 0, "accounts": 1}, "The one account here bought nothing in the last 36 months."),
        ({"ranked": 3}, "3 accounts traded in the last 36 months; none bought more than was credited."),
        (
            {"ranked": 1, "months": 12},
            "Only one account traded in the last 12 months, and bought no more than was credited.",
        ),
        ({"accounts": 0, "filtered": True}, "No account matches these filters."),
        ({"computed": False}, "635 accounts wait for a first computation."),
        ({"computed": False, "everywhere": 1}, "Your one account waits for a first computation."),
        (
            {"everywhere": 0, "accounts": 0},
            "No accounts yet: load your ledger to see where the money is.",
        ),
    ],
)
def test_finding_of_every_ledger(facts: dict[str, object], expected: str) -> None:
    assert finding(**facts) == expected


names = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=60
).filter(str.strip)


@st.composite
def facts(draw: st.DrawFn) -> PortfolioFacts:
    """Any consistent set of counts."""
    everywhere = draw(st.integers(0, 20_000))
    accounts = draw(st.integers(0, everywhere))
    ranked = draw(st.integers(0, accounts))
    losing = draw(st.integers(0, ranked))
    unknown = draw(st.integers(0, ranked - losing))
    half = draw(st.none() | st.integers(1, ranked)) if ranked else None
    return PortfolioFacts(
        accounts=accounts,
        everywhere=everywhere,
        filtered=draw(st.booleans()),
        computed=draw(st.booleans()),
        months=draw(st.sampled_from([1, 12, 36, 120])),
        ranked=ranked,
        half=half,
        top_name=draw(names),
        top_share=draw(st.floats(0.5, 1.0)) if half == 1 else draw(st.floats(0.0, 0.5)),
        losing=losing,
        unknown=unknown,
    )


@given(facts())
def test_the_finding_counts_what_the_data_counts(given_facts: PortfolioFacts) -> None:
    """Every number in the sentence is one of the figures it speaks about, and it stays short."""
    f = given_facts
    sentence = plain(text_of(portfolio_finding(f)))
    assert sentence.endswith(".")
    own_name = len(f.top_name.split()) if f.half == 1 else 0
    assert len(sentence.split()) - own_name <= MOST_WORDS
    if f.half == 1 and f.ranked > 1:
        sentence = sentence.replace(plain(f.top_name), "", 1)
    said = [int(number.replace(",", "")) for number in re.findall(r"\d[\d,]*(?! %)\b", sentence) if number]
    share = re.findall(r"(\d+) %", sentence)
    allowed = {f.everywhere, f.accounts, f.ranked, f.losing, f.unknown, f.months, f.ranked - f.unknown}
    allowed |= {f.half} if f.half else set()
    assert set(said) - {int(value) for value in share} <= allowed
    told = f.computed and f.accounts and f.ranked and f.half
    if "all" in sentence.split() and told:
        assert f.losing == f.ranked
    if "none loses money" in sentence:
        assert (f.losing, f.unknown) == (0, 0)
    if "loses money" in sentence and "none" not in sentence and f.ranked > 1:
        assert f.losing == 1
    if "not known" in sentence:
        assert f.unknown > 0
    if f.losing and f.computed and f.half and f.accounts:
        assert any(part.figure == "losing" for part in portfolio_finding(f))


def test_lede_of_the_reference_ledger() -> None:
    lines = (
        LineFacts("Mountain Bikes", 8_738_868, 663_518, 9_184_859, 862_949),
        LineFacts("Road Bikes", 9_000_000, -658_840, 8_000_000, -100_000),
        LineFacts("Touring Bikes", 10_000_000, -1_237_595, 0.0, 0.0),
    )
    year = YearFacts("USD", 36_240_485, 27_921_671, -1_579_740, 455_403, lines)
    assert [plain(text_of(sentence)) for sentence in lede(year)] == [
        "Sales grew 30 % in twelve months while contribution fell by $2.04M.",
        "Touring Bikes, sold 11 % below cost, took $1.24M of it.",
        "Without the gross losses of Touring Bikes and Road Bikes the portfolio would earn.",
    ]


@pytest.mark.parametrize(
    ("year", "expected"),
    [
        (YearFacts("USD", 0, 0), ["Nothing was sold in twelve months, nor in the year before."]),
        (YearFacts("USD", 0, 500), ["Nothing was sold in twelve months; the year before brought $500."]),
        (
            YearFacts("USD", 500, 0, 100, 0),
            ["Twelve months brought $500 of sales, with nothing to compare in the year before."],
        ),
        (
            YearFacts("USD", 500, 100, 9, 9),
            ["Sales grew 5.0 times over in twelve months while contribution stood still."],
        ),
        (
            YearFacts("USD", 5000, 0.01),
            ["Sales grew more than a hundredfold in twelve months; what they earn is not known."],
        ),
        (YearFacts("USD", -200, 500), ["Credits exceed sales by $200 in twelve months."]),
        (
            YearFacts("USD", 101, 100, 30, 20),
            ["Sales stood still in twelve months and contribution grew by $10."],
        ),
        (
            YearFacts("USD", 150, 100, None, 20),
            ["Sales grew 50 % in twelve months; what they earn is not known."],
        ),
        (
            YearFacts("USD", 50, 100, 20, 20),
            ["Sales fell 50 % in twelve months while contribution stood still."],
        ),
        (
            YearFacts("USD", 50, 100, 10, 20),
            ["Sales fell 50 % in twelve months and contribution fell by $10."],
        ),
        (
            YearFacts("USD", 50, 100, 5, None),
            ["Sales fell 50 % in twelve months and left $5 of contribution."],
        ),
    ],
)
def test_lede_of_every_year(year: YearFacts, expected: list[str]) -> None:
    assert [plain(text_of(sentence)) for sentence in lede(year)] == expected


amounts = st.none() | st.floats(-1e7, 1e7).map(lambda value: round(value, 2))
sums = st.floats(-1e6, 1e8).map(lambda value: round(value, 4))
line_facts = st.builds(LineFacts, st.just("Line"), st.floats(0, 1e7), amounts, st.floats(0, 1e7), amounts)


@given(
    st.builds(
        YearFacts,
        st.just("USD"),
        sums,
        sums,
        amounts,
        amounts,
        st.lists(line_facts, max_size=6).map(tuple),
    )
)
def test_the_lede_blames_only_what_lost(year: YearFacts) -> None:
    text = plain(" ".join(text_of(sentence) for sentence in lede(year)))
    if "of it." in text or "of margin alone" in text:
        assert year.contribution is not None
        assert year.contribution_prior is not None
        assert year.contribution < year.contribution_prior
        assert any(
            line.margin is not None and line.margin_prior is not None and line.margin < line.margin_prior
            for line in year.lines
        )
    if "would earn" in text:
        losses = sorted(line.margin for line in year.lines if line.margin is not None and line.margin < 0)
        assert year.contribution is not None
        assert year.contribution < 0 < year.contribution - sum(losses[:2])
    if "contribution grew" in text:
        assert year.contribution > year.contribution_prior  # type: ignore[operator]
    if "contribution fell" in text:
        assert year.contribution < year.contribution_prior  # type: ignore[operator]


@pytest.mark.parametrize(
    ("ratio", "expected"),
    [
        (1.0, None),
        (1.04, None),
        (1.5, "1.5 times that"),
        (1.9, "twice that"),
        (3.05, "three times that"),
        (12.0, "12 times that"),
    ],
)
def test_times_only_says_a_round_word_near_it(ratio: float, expected: str | None) -> None:
    assert times(ratio) == expected
