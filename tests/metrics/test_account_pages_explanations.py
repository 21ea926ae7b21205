"""Every figure can be asked: the formula shows the real numbers, worked out by hand here."""

import datetime
from decimal import Decimal

import pytest

from metrics.explanations import Context, clv_inputs, explain, figures, multiplier_formula, window_text
from metrics.models import AccountMetrics

D = Decimal


@pytest.fixture
def row() -> AccountMetrics:
    return AccountMetrics(
        reference_date=datetime.date(2013, 11, 30),
        engine_version="1.0",
        net_sales_12m=D(2_846_000),
        net_sales_prior_12m=D(2_497_000),
        net_sales_36m=D(7_000_000),
        cogs_12m=D(2_311_000),
        gross_margin_12m=D(535_000),
        cost_to_serve_12m=D(172_000),
        contribution_12m=D(363_000),
        contribution_prior_12m=D(358_000),
        contribution_ratio=363 / 2846,
        margin_known_part=D(535_000),
        margin_known_share=1.0,
        clv=D("894170.38"),
        clv_method="retention",
        clv_multiplier=2.463279,
        clv_inputs={
            "retention": 0.85,
            "discount_rate": 0.1,
            "growth": 0.0,
            "horizon_years": 5,
            "acquisition_cost": 0.0,
            "timing": "retained_end",
            "note": "",
        },
        upv_annual=D(686_000),
        upv=D("1689809.39"),
        upv_expected_annual=D(235_000),
        upv_up_sell=D(580_000),
        upv_cross_sell=D(56_000),
        upv_co_creation=D(50_000),
        upv_entered=D(686_000),
        potential_contribution=D(598_000),
        potential_basis="entered",
        loyalty_class="friend",
        loyalty_x=1.33,
        tenure_months=32,
        active_share=1.0,
        dubinsky_ingram_class="desirable",
        volume_class="A",
        sales_rank=3,
        growth_split={"loss": -122, "organic": 148, "up_sell": 121, "cross_sell": 164, "co_creation": 38},
    )


CONTEXT = Context(currency="USD", cut_present=100_000, cut_potential=200_000)


def test_every_figure_says_formula_window_date_and_engine(row):
    for figure in figures():
        explanation = explain(figure, row, CONTEXT)
        assert explanation.title and explanation.method and explanation.formula and explanation.window, figure
        assert explanation.as_of == datetime.date(2013, 11, 30)
        assert explanation.engine == "1.0"


def test_contribution_is_margin_less_cost_to_serve(row):
    explanation = explain("contribution", row, CONTEXT)
    assert explanation.formula == "$535,000 − $172,000 = $363,000"
    assert explanation.window == "1 Dec 2012 to 30 Nov 2013"


def test_a_ratio_divides_the_two_figures_beside_it(row):
    assert explain("contribution_ratio", row, CONTEXT).formula == "$363,000 ÷ $2,846,000 = 12.8\u00a0%"
    assert explain("cost_to_serve", row, CONTEXT).formula.endswith("= 6.0\u00a0% of sales")


def test_lifetime_value_shows_sum_and_multiplier_with_the_accounts_rates(row):
    explanation = explain("clv", row, CONTEXT)
    assert explanation.formula == (
        "$363,000 × Σ (0.85 ÷ 1.10)^t, t = 1 to 5 = $363,000 × 2.463279 = $894,170"
    )
    assert explanation.can_change
    assert 363_000 * sum((0.85 / 1.1) ** t for t in range(1, 6)) == pytest.approx(894_170.38, abs=0.01)


@pytest.mark.parametrize(
    ("inputs", "text"),
    [
        ({"retention": 0.8, "discount_rate": 0.1, "growth": 0.02, "horizon_years": 3, "timing": "retained_end"},
         "Σ 1.02^(t−1) × 0.80^t ÷ 1.10^t, t = 1 to 3"),
        ({"retention": 0.8, "discount_rate": 0.1, "horizon_years": None, "timing": "certain_end"},
         "Σ 0.80^(t−1) ÷ 1.10^t, t = 1, 2, 3 …"),
        ({"retention": 0.8, "discount_rate": 0.125, "horizon_years": 2, "timing": "certain_now"},
         "Σ (0.80 ÷ 1.125)^(t−1), t = 1 to 2"),
    ],
)  # fmt: skip
def test_the_sum_is_written_for_each_timing(inputs, text):
    assert multiplier_formula(inputs) == text


def test_an_acquisition_cost_is_subtracted_in_the_formula(row):
    row.clv_inputs = row.clv_inputs | {"acquisition_cost": 94_170.28}
    row.clv = D(800_000)
    assert explain("clv", row, CONTEXT).formula.endswith("× 2.463279 − $94,170 = $800,000")


def test_inputs_name_who_set_them_else_default(row):
    context = Context(currency="USD", set_by={"retention": "Noor Haverkamp"})
    sources = {entry.label: (entry.value, entry.source) for entry in clv_inputs(row, context)}
    assert sources["Retention"] == ("85\u00a0%", "Noor Haverkamp")
    assert sources["Discount rate"] == ("10\u00a0%", "default")
    assert sources["Horizon"] == ("5\u00a0years", "default")


def test_an_unknown_margin_is_named_and_never_a_number(row):
    row.cogs_12m = row.gross_margin_12m = row.contribution_12m = row.contribution_ratio = row.clv = None
    row.margin_known_share = 0.62
    row.clv_inputs = row.clv_inputs | {"note": "margin_unknown"}
    margin = explain("gross_margin", row, CONTEXT)
    assert margin.value == "not known"
    assert margin.formula == "$2,846,000 − not known = not known"
    assert "62.0\u00a0% of these sales" in margin.note
    assert explain("contribution", row, CONTEXT).value == "not known"
    assert explain("clv", row, CONTEXT).value == "not known"
    assert "not known" in explain("clv", row, CONTEXT).note


def test_a_negative_part_stands_in_parentheses_inside_a_sum(row):
    row.growth_split = {"loss": -122, "organic": 148, "up_sell": 121, "cross_sell": 164, "co_creation": 38}
    row.net_sales_12m, row.net_sales_prior_12m = D(2846), D(2497)
    assert explain("growth", row, CONTEXT).formula == "(−$122) + $148 + $121 + $164 + $38 = $349"


def test_potential_names_its_parts_its_basis_and_worthless_lines(row):
    context = Context(currency="USD", unprofitable_lines=("Caps", "Jerseys"))
    annual = explain("upv_annual", row, context)
    assert annual.formula == "$580,000 + $56,000 + $50,000 = $686,000"
    assert annual.note == "Worth nothing, because these lines earn nothing: Caps, Jerseys."
    assert explain("upv", row, CONTEXT).formula == "$686,000 × 2.463279 = $1,689,809"
    row.upv_annual = row.upv = None
    assert "too few comparable accounts" in explain("upv", row, CONTEXT).note


def test_positions_show_axes_and_cuts(row):
    loyalty = explain("loyalty", row, CONTEXT)
    assert loyalty.value == "Friend"
    assert loyalty.formula == "min(32 ÷ 24, 100.0\u00a0% ÷ 75\u00a0%) = 1.33"
    matrix = explain("dubinsky_ingram", row, CONTEXT)
    assert matrix.formula == "$363,000 + $235,000 = $598,000"
    assert [entry.source for entry in matrix.inputs][:2] == ["cut $100,000", "cut $200,000"]


def test_windows_are_whole_months_and_leap_years_end_right():
    assert window_text(datetime.date(2024, 2, 29)) == "1 Mar 2023 to 29 Feb 2024"
    assert window_text(datetime.date(2013, 11, 30), 36) == "1 Dec 2010 to 30 Nov 2013"


def test_an_unknown_figure_is_refused(row):
    with pytest.raises(KeyError):
        explain("happiness", row, CONTEXT)
