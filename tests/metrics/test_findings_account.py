"""Sentences of the account pages: true for any ledger, at most 20 words, and never a guess."""

import datetime
from dataclasses import replace
from decimal import Decimal

import pytest

from metrics.findings.account import (
    Facts,
    account_finding,
    clv_finding,
    growth_finding,
    loyalty_finding,
    matrix_finding,
    mix_finding,
    months_finding,
    potential_finding,
    profit_finding,
    value_finding,
)
from metrics.findings.account_lists import (
    ListCounts,
    history_finding,
    home_finding,
    list_finding,
    missing_finding,
)

D = Decimal
FACTS = Facts(
    currency="USD",
    net_sales=D(2_846_000),
    net_sales_prior=D(2_497_000),
    gross_margin=D(535_000),
    gross_margin_prior=D(499_000),
    cost_to_serve=D(172_000),
    cost_to_serve_prior=D(141_000),
    contribution=D(363_000),
    contribution_prior=D(358_000),
    ratio=0.1276,
    known_share=1.0,
    first_sale=datetime.date(2004, 1, 1),
    last_sale=datetime.date(2013, 11, 20),
    clv=D(894_170),
    upv=D(1_690_000),
    upv_annual=D(686_000),
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Sales are up 14\u00a0%, but contribution stood still."),
        (
            {"contribution": D(450_000)},
            "Sales are up 14\u00a0%, and contribution grew 26\u00a0% to $450k.",
        ),
        ({"contribution": D(300_000)}, "Sales are up 14\u00a0%, but contribution fell 16\u00a0% to $300k."),
        (
            {"contribution": D(-86_700)},
            "Sales are up 14\u00a0%, but contribution turned into a loss of $86.7k.",
        ),
        (
            {"contribution": D(-86_700), "contribution_prior": D(-10)},
            "Sales are up 14\u00a0%, but the account lost $86.7k.",
        ),
        (
            {"contribution_prior": D(-50_000)},
            "Sales are up 14\u00a0%, and the loss of the year before turned into $363k.",
        ),
        ({"net_sales": D(2_500_000)}, "Sales stood still, and so did contribution."),
        (
            {"net_sales": D(2_000_000), "contribution": D(450_000)},
            "Sales are down 20\u00a0%, yet contribution grew 26\u00a0% to $450k.",
        ),
        (
            {"net_sales_prior": D(0), "contribution_prior": D(0)},
            "New sales of $2.85M in 12 months, and $363k of them stayed.",
        ),
        (
            {"net_sales_prior": D(0), "contribution_prior": D(0), "contribution": D(-86_700)},
            "New sales of $2.85M in 12 months, but they lost $86.7k.",
        ),
        (
            {"contribution": None, "known_share": 0.62},
            "Sales are up 14\u00a0%, but margin is known for only 62\u00a0% of them.",
        ),
        (
            {"contribution": None, "known_share": 0.0},
            "Sales are up 14\u00a0%, but what they earn is not known.",
        ),
        ({"net_sales": D(-3_200)}, "Credits exceed sales: 12 months come to −$3.2k."),
        (
            {"sold": False, "net_sales": D(0)},
            "Nothing was sold here in the last 12 months; the year before brought $2.50M.",
        ),
        (
            {"sold": False, "net_sales": D(0), "net_sales_prior": D(0)},
            "Nothing was sold here in the last 12 months; the last order came on 20 Nov 2013.",
        ),
        ({"first_sale": None, "upv_annual": None}, "This account has never bought from us."),
        (
            {"first_sale": None},
            "This account has never bought from us; its potential is ≈\u00a0$686k a year.",
        ),
    ],
)
def test_the_page_opens_with_what_is_true(changes, sentence):
    assert account_finding(replace(FACTS, **changes)) == sentence
    assert len(sentence.split()) <= 20


def test_an_account_without_figures_says_so():
    assert account_finding(None) == "Nothing is computed for this account yet."


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "Cost to serve ate the growth: it rose 22\u00a0%"),
        ({"gross_margin": D(-12_000)}, "Goods cost $12.0k more than they sold for"),
        ({"contribution": D(-5_000)}, "Cost to serve exceeds the margin by $5.0k"),
        (
            {"contribution": None, "gross_margin": None, "known_share": 0.4},
            "Margin is known for 40\u00a0% of sales",
        ),
        (
            {"contribution": None, "gross_margin": None, "known_share": None},
            "Margin is not known: goods have no cost yet",
        ),
        ({"sold": False}, "Nothing was sold in these 12 months"),
        (
            {"contribution": D(500_000), "ratio": 0.176},
            "Contribution grew 40\u00a0% to 17.6\u00a0% of sales",
        ),
        (
            {"gross_margin_prior": None, "contribution_prior": None},
            "12.8\u00a0% of sales stays as contribution",
        ),
    ],
)
def test_the_profit_card_names_what_moved_it(changes, sentence):
    assert profit_finding(replace(FACTS, **changes)) == sentence


def test_the_growth_card_names_the_largest_part_in_the_direction_of_the_change():
    parts = {
        "loss": D(-122),
        "organic": D(148),
        "up_sell": D(121),
        "cross_sell": D(164),
        "co_creation": D(38),
    }
    assert growth_finding(parts, "USD") == "Cross-selling brought the most of +$349"
    falling = parts | {"loss": D(-900)}
    assert growth_finding(falling, "USD") == "Lost lines cost the most of −$429"
    assert (
        growth_finding({"organic": D(0), "cross_sell": D(535)}, "USD") == "Cross-selling brought all of +$535"
    )
    assert growth_finding({}, "USD") == "Nothing was sold in either year"
    assert growth_finding({"organic": D(5), "loss": D(-5)}, "USD") == "Gains and losses cancelled out"


@pytest.mark.parametrize(
    ("clv", "upv", "basis", "sentence"),
    [
        (D(890), D(1690), "entered", "Potential is 1.9 times what we hold"),
        (D(890), D(1690), "estimated", "Potential is about 1.9 times what we hold"),
        (D(890), D(800), "entered", "Open Space looks unfinished: potential is below lifetime value"),
        (None, D(800), "entered", "Lifetime value is not known, because the margin is not"),
        (D(890), None, "", "Potential is not known: nothing is entered or estimated"),
        (None, None, "", "Neither lifetime value nor potential is known"),
        (D(-5), D(800), "entered", "Kept as it is, this account destroys value; its potential could turn it"),
        (
            D(-5),
            D(4),
            "entered",
            "Kept as it is, this account destroys value, and even all its potential would not turn it",
        ),
        (D(-5), D(0), "entered", "Kept as it is, this account destroys value, and no potential is in sight"),
        (D(0), D(800), "entered", "All the value of this account is still potential"),
    ],
)
def test_potential_is_compared_with_what_we_hold(clv, upv, basis, sentence):
    assert value_finding(replace(FACTS, clv=clv, upv=upv), basis) == sentence


def test_lifetime_value_says_its_horizon_and_its_sign():
    assert (
        clv_finding(FACTS, 5, "retention") == "Kept as it is, this account is worth $894k over 5\u00a0years"
    )
    loss = replace(FACTS, clv=D(-213_540))
    assert clv_finding(loss, None, "retention") == "Kept as it is, this account costs $214k for ever"
    assert clv_finding(replace(FACTS, clv=None), 5, "retention").startswith("Lifetime value is not known")
    assert clv_finding(FACTS, 5, "historic") == "So far this account earned $894k"


def test_loyalty_counts_quarters_and_tenure():
    assert (
        loyalty_finding(loyalty_class="friend", reason="", active=11, quarters=12, tenure_months=51)
        == "Bought in 11 of 12 quarters over 4\u00a0years: loyal and profitable"
    )
    assert (
        loyalty_finding(loyalty_class="", reason="dormant", active=3, quarters=12, tenure_months=51)
        == "Bought in 3 of 12 quarters, and in none of the last four"
    )
    assert loyalty_finding(loyalty_class="", reason="dormant", active=0, quarters=0, tenure_months=None) == (
        "No purchase yet, so no loyalty to judge"
    )
    unknown = loyalty_finding(
        loyalty_class="", reason="margin_unknown", active=4, quarters=4, tenure_months=11
    )
    assert unknown == "Bought in 4 of 4 quarters over 11\u00a0months; profit is not known"


def test_months_mix_and_matrix_speak_of_what_is_known():
    assert months_finding([D(-1), D(2), None], [D(10), D(10), D(10)]) == "1 of 2 months with sales lost money"
    assert months_finding([None], [D(10)]) == "Sales in 1 of 1 months; what they earned is not known"
    assert months_finding([D(0)], [D(0)]) == "No sales in this period"
    assert (
        mix_finding([("Road bikes", D(62)), ("Gloves", D(38))]) == "Road bikes is 62\u00a0% of what it buys"
    )
    assert mix_finding([("Road bikes", D(-1))]) == "No product line sold anything here"
    assert mix_finding([("Road bikes", D(9))]) == "All sales are Road bikes"
    assert matrix_finding(None, D(1), "USD", "entered") == "No position: the margin is not known"
    assert matrix_finding(D(1), None, "USD", "") == "No position: potential is not entered"
    assert matrix_finding(D(10), D(30), "USD", "estimated") == "Earns $10 a year; could earn ≈\u00a0$30"
    assert matrix_finding(D(-10), D(-3), "USD", "estimated") == (
        "Loses $10 a year; expected potential does not cover it"
    )
    assert potential_finding([("up_sell", "Road bikes", D(30))], D(60)) == (
        "Up-sell of Road bikes is 50\u00a0% of the potential"
    )
    assert potential_finding([], None) == "Potential is not known"


BASE = ListCounts(
    total=635, everywhere=635, filtered=False, selling=493, negative=316, unknown=0, computed=True
)


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "316 of 493 buying accounts lose money."),
        ({"negative": 1}, "1 of 493 buying accounts loses money."),
        ({"negative": 0}, "635 accounts: every one that bought in 12 months earns money."),
        ({"negative": 493}, "635 accounts: every one that bought in 12 months loses money."),
        (
            {"unknown": 493, "negative": 0},
            "493 of 635 accounts bought in 12 months; what they earn is not known.",
        ),
        ({"selling": 0, "negative": 0}, "None of 635 accounts bought anything in 12 months."),
        ({"computed": False}, "635 accounts wait for a first computation."),
        ({"total": 0}, "No account matches these filters."),
        ({"total": 0, "everywhere": 0}, "No accounts yet: load your customers first."),
        ({"total": 1, "selling": 1, "negative": 1}, "One account, and it loses money."),
        ({"total": 1, "selling": 1, "negative": 0}, "One account, and it earns money."),
        (
            {"total": 1, "selling": 1, "negative": 0, "unknown": 1},
            "One account, and what it earns is not known.",
        ),
        ({"total": 1, "selling": 0, "negative": 0}, "This account bought nothing in 12 months."),
        ({"total": 1, "computed": False}, "1 account waits for a first computation."),
    ],
)
def test_the_list_heading_holds_for_none_one_and_all_negative(changes, sentence):
    assert list_finding(replace(BASE, **changes)) == sentence


@pytest.mark.parametrize(
    ("counts", "sentence"),
    [
        ((0, 0, 0, 0, 0), "Nothing is loaded yet: four steps bring your accounts to life."),
        ((0, 0, 0, 0, 9), "No account is yours yet."),
        ((1, 1, 1, 0, 9), "Your one account loses money."),
        ((1, 1, 0, 0, 9), "Your one account earns money."),
        ((1, 0, 0, 0, 9), "What your one account earns is not known yet."),
        ((4, 4, 4, 0, 9), "All your 4 accounts lose money."),
        ((4, 4, 2, 0, 9), "2 of your 4 accounts lose money."),
        ((4, 4, 0, 2, 9), "2 of your 4 accounts have newer sales than their figures."),
        ((4, 4, 0, 0, 9), "None of your 4 accounts loses money."),
        ((4, 0, 0, 0, 9), "What your 4 accounts earn is not known yet."),
    ],
)
def test_the_home_heading_speaks_of_my_accounts(counts, sentence):
    mine, known, losing, stale, everywhere = counts
    assert home_finding(mine=mine, known=known, losing=losing, stale=stale, everywhere=everywhere) == sentence


def test_history_and_missing_facts_count_in_words():
    newer, older = datetime.date(2025, 6, 30), datetime.date(2025, 3, 31)
    assert history_finding([]) == "No figures are kept yet: they begin with the first computation."
    assert history_finding([(newer, D(5))]) == "One reference date is kept so far: 30 Jun 2025."
    assert history_finding([(newer, D(9)), (older, D(5))], "USD") == (
        "Lifetime value rose by $4 between 31 Mar 2025 and 30 Jun 2025."
    )
    assert history_finding([(newer, None)]) == "Lifetime value was not known at any reference date."
    assert missing_finding(1) == "One fact would say more"
    assert missing_finding(4) == "Four facts would say more"
