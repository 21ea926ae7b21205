"""Every setting of a tenant with its meaning, its default and its range, in the words of the person who sets it."""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from babel.numbers import get_currency_name, list_currencies
from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from kam.common import formatting
from kam.tenancy.models import TenantSettings


@dataclass(frozen=True)
class Setting:
    """One setting: `unit` follows a number (months, %); a share is stored as a ratio and shown in percent."""

    name: str
    label: str
    help: str
    unit: str = ""
    percent: bool = False
    empty: str = ""


@dataclass(frozen=True)
class Group:
    key: str
    title: str
    text: str
    settings: tuple[Setting, ...]


GROUPS = (
    Group(
        "money",
        "Money and time",
        "In which currency you report, and which months belong together.",
        (
            Setting(
                "base_currency",
                "Base currency",
                "Every report is in it; other currencies need monthly rates.",
            ),
            Setting("fiscal_year_start", "First month of the fiscal year", "Years on screens begin with it."),
            Setting(
                "pareto_months",
                "Length of the concentration curve",
                "How far back the 80/20 curve and the volume classes look.",
                "months",
            ),
        ),
    ),
    Group(
        "value",
        "Lifetime value",
        "What an account is worth to you over the years: its yearly contribution, kept, grown and discounted. "
        "Each account can have figures of its own.",
        (
            Setting(
                "clv_method", "Method", "Retention suits most ledgers. Trend needs three complete years."
            ),
            Setting(
                "clv_timing",
                "First margin",
                "When the first year’s margin counts, and whether it is certain.",
            ),
            Setting(
                "clv_retention",
                "Yearly retention",
                "Of 100 customers, how many buy again next year.",
                percent=True,
            ),
            Setting("clv_discount_rate", "Yearly discount rate", "What your capital costs.", percent=True),
            Setting("clv_growth", "Yearly growth", "How the margin of a kept customer grows.", percent=True),
            Setting("clv_horizon_years", "Horizon", "How many years count.", "years", empty="for ever"),
        ),
    ),
    Group(
        "potential",
        "Potential",
        "How sure you are of what an account could still buy.",
        (
            Setting(
                "potential_probability_entered",
                "Probability of an entered potential",
                "Where whoever entered it gave none.",
                percent=True,
            ),
            Setting(
                "potential_estimates_enabled",
                "Estimate what nobody has entered",
                "From what similar accounts buy; always marked as an estimate.",
            ),
            Setting(
                "potential_estimate_percentile",
                "Percentile of the peers",
                "75 means: as much as the best quarter of the similar accounts buys at least.",
            ),
            Setting(
                "potential_estimate_min_peers",
                "Fewest peers",
                "With fewer buyers in the industry all buyers are the peers, or there is no estimate.",
                "accounts",
            ),
            Setting(
                "potential_probability_estimated",
                "Probability of an estimate",
                "How far to trust it.",
                percent=True,
            ),
        ),
    ),
    Group(
        "position",
        "Competitive position",
        "How much a gap in Open Space counts when another supplier stands there: 1 counts in full.",
        (
            Setting("position_factor_ours", "Ours", "We are ahead."),
            Setting("position_factor_unknown", "Unknown", "Nobody has said."),
            Setting("position_factor_contested", "Contested", "Somebody is level with us."),
            Setting("position_factor_competitor", "Competitor ahead", "Somebody is ahead of us."),
        ),
    ),
    Group(
        "loyalty",
        "Loyalty and profitability",
        "What makes a friend, a butterfly, a vulture or a stranger.",
        (
            Setting(
                "loyalty_tenure_months",
                "Time as a customer",
                "At least this long since the first sale.",
                "months",
            ),
            Setting(
                "loyalty_active_share",
                "Quarters with sales",
                "At least this share of the quarters.",
                percent=True,
            ),
            Setting("loyalty_quarters", "Looked at", "The last ones, at most this many.", "quarters"),
            Setting(
                "profitability_hurdle",
                "Profitability hurdle",
                "The contribution in percent of sales above which an account is profitable.",
                percent=True,
            ),
        ),
    ),
    Group(
        "volume",
        "Volume classes",
        "The accounts by size: A until this share of sales is reached, then B, the rest is C.",
        (
            Setting("volume_class_a", "A reaches to", "Share of sales.", percent=True),
            Setting("volume_class_b", "B reaches to", "Share of sales, more than A.", percent=True),
        ),
    ),
    Group(
        "matrix",
        "Present and potential",
        "Where the matrix of present and potential contribution is divided.",
        (
            Setting("matrix_cut_method", "Divided at", "The median moves with your accounts; amounts stay."),
            Setting(
                "matrix_cut_present", "Present contribution", "A year, in base currency.", empty="the median"
            ),
            Setting(
                "matrix_cut_potential",
                "Potential contribution",
                "A year, in base currency.",
                empty="the median",
            ),
        ),
    ),
    Group(
        "people",
        "People",
        "Who reads what, and how many accounts one person can manage well.",
        (
            Setting(
                "kam_reads_all_accounts",
                "Key account managers read every account",
                "Off: only their own and those whose selling centre they are in.",
            ),
            Setting("kam_account_limit", "Limit per manager", "More are marked as overload.", "accounts"),
            Setting(
                "person_retention_months",
                "Forget leavers after",
                "People who have left every account are erased this long afterwards.",
                "months",
                empty="never",
            ),
        ),
    ),
    Group(
        "reviews",
        "Reviews",
        "How often a key account is looked at anew. The dates follow from the last review of each account.",
        (
            Setting(
                "review_quarterly_months",
                "Quarterly review",
                "Selection criteria, success factors, ladder and Open Space, every so often.",
                "months",
            ),
            Setting(
                "review_selection_months",
                "Selection",
                "Whether it stays a key account, at least yearly.",
                "months",
            ),
            Setting(
                "review_members_months",
                "Re-assessment of members",
                "Who decides and influences at the customer, and what has changed about them.",
                "months",
            ),
            Setting(
                "review_reminder_days",
                "Reminder",
                "The account manager is told this long before a review is due, and again on the day.",
                "days",
            ),
        ),
    ),
    Group(
        "nightly",
        "Every night",
        "Figures are computed anew after each load, and once a night, so that dates move on.",
        (
            Setting("nightly_recompute", "Recompute every night", "Only what has changed is computed."),
            Setting("nightly_hour", "At hour", "0 to 23, UTC."),
        ),
    ),
)
MONTHS = [
    *((1, "January"), (2, "February"), (3, "March"), (4, "April"), (5, "May"), (6, "June")),
    *((7, "July"), (8, "August"), (9, "September"), (10, "October"), (11, "November"), (12, "December")),
]
LABELS = {setting.name: setting.label for group in GROUPS for setting in group.settings}


class Between:
    """Says in one sentence what range is expected, where Django would name one end of it."""

    def __init__(self, low: Decimal | None, high: Decimal | None, unit: str) -> None:
        self.low, self.high, self.unit = low, high, unit

    def __call__(self, value: Any) -> None:
        number = Decimal(str(value))
        too_low = self.low is not None and number < self.low
        if too_low or (self.high is not None and number > self.high):
            raise ValidationError(f"{_plain(number)} is out of range. Expected {self}.", code="range")

    def __str__(self) -> str:
        unit = f" {self.unit}" if self.unit else ""
        if self.low is None or self.high is None:
            return (
                f"{_plain(self.low)}{unit} or more"
                if self.high is None
                else f"up to {_plain(self.high)}{unit}"
            )
        return f"{_plain(self.low)} to {_plain(self.high)}{unit}"


class PercentField(forms.DecimalField):
    """A ratio that a person reads and writes in percent: 0.85 is shown and entered as 85."""

    def prepare_value(self, value: Any) -> Any:
        return _plain(Decimal(str(value)) * 100) if isinstance(value, float) else value

    def clean(self, value: Any) -> Any:
        percent = super().clean(value)
        return None if percent is None else float(percent / 100)


class SettingsForm(forms.ModelForm):
    """All settings in one form, with the version that was read."""

    version = forms.IntegerField(widget=forms.HiddenInput)

    class Meta:
        model = TenantSettings
        fields = list(LABELS)

    def __init__(self, *args: Any, read_only: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["base_currency"] = forms.ChoiceField(choices=_currencies(self.instance.base_currency))
        self.fields["fiscal_year_start"] = forms.TypedChoiceField(choices=MONTHS, coerce=int)
        for group in GROUPS:
            for setting in group.settings:
                self._describe(setting)
        for name, value in self.initial.items():
            if isinstance(value, float | Decimal) and not isinstance(self.fields[name], PercentField):
                self.initial[name] = _plain(Decimal(str(value)))
        self.initial.setdefault("version", self.instance.version)
        if read_only:
            for field in self.fields.values():
                field.disabled = True

    def _describe(self, setting: Setting) -> None:
        column = TenantSettings._meta.get_field(setting.name)
        between = _between(column, setting)
        if setting.percent:
            self.fields[setting.name] = PercentField(required=True, widget=_number())
        field = self.fields[setting.name]
        unit = "%" if setting.percent else setting.unit
        field.label = f"{setting.label} ({unit})" if unit else setting.label
        if between is not None and not isinstance(field, forms.ChoiceField):
            field.validators = [between]
            field.widget = _number()
        default = default_text(setting)
        may_be_empty = f" Empty: {setting.empty}." if setting.empty else ""
        field.help_text = f"{setting.help}{may_be_empty} Default: {default}."

    def groups(self) -> Iterator[tuple[Group, list[forms.BoundField]]]:
        """The groups with their fields, for the page."""
        for group in GROUPS:
            yield group, [self[setting.name] for setting in group.settings]

    def values(self) -> dict[str, Any]:
        """What was entered, without the version."""
        return {name: self.cleaned_data[name] for name in LABELS}


def _column(setting: Setting) -> Any:
    return TenantSettings._meta.get_field(setting.name)


def default_text(setting: Setting) -> str:
    """The product's own value of a setting, as a person reads it."""
    return written(setting, _column(setting).get_default())


def written(setting: Setting, value: Any) -> str:
    """A value of a setting as a person reads it."""
    column = _column(setting)
    if value is None or value == "":
        return setting.empty or "none"
    if setting.percent:
        return f"{_plain(Decimal(str(value)) * 100)} %"
    if setting.name == "fiscal_year_start":
        return dict(MONTHS)[value]
    if isinstance(value, bool):
        return "on" if value else "off"
    if column.choices:
        return str(dict(column.flatchoices)[value])
    text = _plain(Decimal(str(value))) if isinstance(value, int | float | Decimal) else str(value)
    return f"{text} {setting.unit}" if setting.unit else text


def changed_from_default(settings: TenantSettings) -> list[Setting]:
    """The settings that this tenant has set differently from the product's defaults."""
    return [
        setting
        for group in GROUPS
        for setting in group.settings
        if getattr(settings, setting.name) != _column(setting).get_default()
    ]


def _between(column: Any, setting: Setting) -> Between | None:
    ends: dict[type, Decimal] = {}
    # IntegerField adds the ends of its database type to our own: the narrower one counts.
    for validator in column.validators:
        if isinstance(validator, MinValueValidator | MaxValueValidator):
            value = Decimal(str(validator.limit_value))
            kind = type(validator)
            best = min if isinstance(validator, MaxValueValidator) else max
            ends[kind] = best(ends[kind], value) if kind in ends else value
    if not ends:
        return None
    factor = 100 if setting.percent else 1
    low, high = ends.get(MinValueValidator), ends.get(MaxValueValidator)
    return Between(
        None if low is None else low * factor,
        None if high is None else high * factor,
        "%" if setting.percent else setting.unit,
    )


def _number() -> forms.TextInput:
    return forms.TextInput(attrs={"inputmode": "decimal", "autocomplete": "off"})


def _plain(value: Decimal | None) -> str:
    """Without trailing zeros and without an exponent."""
    return "" if value is None else f"{value.normalize():f}"


def _currencies(present: str) -> list[tuple[str, str]]:
    codes = {code for code in list_currencies("en") if not code.startswith("X")} | {present}
    return [
        (code, f"{code} – {get_currency_name(code, locale=formatting.DEFAULT_LOCALE)}")
        for code in sorted(codes)
    ]
