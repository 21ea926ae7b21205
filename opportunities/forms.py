"""Entering an opportunity (K19)."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.compare import compared
from accounts.forms.fields import DayField, FigureField, PercentField
from accounts.models import Account, ProductLine, Segment
from kam.tenancy.models import Membership
from opportunities.models import CABS, Answer, Direction, Opportunity, Outcome, Stage

ZERO, HUNDRED = Decimal(0), Decimal(100)
MOST_MONEY = Decimal("999999999999999")
SECTIONS = (
    ("What it is", ("name", "product_line", "segment", "direction", "owner", "notes")),
    (
        "What it could bring",
        ("amount", "currency", "expected_margin", "probability", "close_date", "competitor"),
    ),
    ("Is it real? Four times yes makes it qualified", CABS),
    ("Where it stands", ("stage", "outcome", "outcome_reason", "closed_on")),
)
NAMES = [name for _, names in SECTIONS for name in names]
WIDE = frozenset({"name", "notes", "outcome_reason"})


def _letter(label: str) -> forms.ChoiceField:
    # Without an initial value the browser would choose the first: yes, and a new lead were qualified.
    return forms.ChoiceField(
        label=label, choices=Answer.choices, required=False, initial=Answer.UNKNOWN.value
    )


class OpportunityForm(forms.Form):
    """An opportunity as people edit it; `values()` is what the services take."""

    name = forms.CharField(label="Name", max_length=200)
    product_line = forms.ChoiceField(label="Product line", required=False)
    segment = forms.ChoiceField(label="Segment", required=False)
    direction = forms.ChoiceField(
        label="Who saw the need",
        choices=[(Direction.PUSH, "Push: we did"), (Direction.PULL, "Pull: they asked")],
    )
    notes = forms.CharField(
        label="Notes", required=False, max_length=8000, widget=forms.Textarea(attrs={"rows": 4})
    )
    owner = forms.ChoiceField(label="Owner", required=False)
    amount = FigureField(
        label="Amount, first year", required=False, example="120000", least=ZERO, most=MOST_MONEY
    )
    currency = forms.RegexField(
        r"^[A-Z]{3}$",
        label="Currency",
        required=False,
        error_messages={"invalid": "Currency: expected a code of three capitals, such as EUR."},
    )
    expected_margin = PercentField(
        label="Expected margin, %", required=False, least=-HUNDRED, most=HUNDRED, example="30"
    )
    probability = PercentField(label="Probability, %", required=False, least=ZERO, most=HUNDRED, example="50")
    close_date = DayField(label="Expected decision", required=False)
    competitor = forms.CharField(label="Competitor", required=False, max_length=120)
    compelling_reason = _letter("Compelling reason")
    authority = _letter("Authority leverage")
    budget = _letter("Budget availability")
    allies = _letter("Supporting allies")
    stage = forms.ChoiceField(
        label="Stage",
        choices=[(value, f"{number}. {word}") for number, (value, word) in enumerate(Stage.choices, 1)],
    )
    outcome = forms.ChoiceField(
        label="Outcome", required=False, choices=[("", "Still open"), *Outcome.choices]
    )
    outcome_reason = forms.CharField(
        label="Why it ended so", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )
    closed_on = DayField(label="Ended on", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        account: Account,
        members: Iterable[Membership],
        lines: Iterable[ProductLine],
        segments: Iterable[Segment],
        currency: str,
        **options: Any,
    ) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        choices: dict[str, list[tuple[str, str]]] = {
            "owner": [("", "Nobody"), *((str(member.user_id), str(member.user)) for member in members)],
            "product_line": [("", "Not said"), *((str(line.pk), line.name) for line in lines)],
            "segment": [("", "Whole account"), *((str(one.pk), one.name) for one in segments)],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]
        self.fields["currency"].widget.attrs |= {
            "placeholder": account.currency or currency,
            "maxlength": 3,
        }

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in the groups that the page shows."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def values(self) -> dict[str, Any]:
        """The cleaned values as `opportunity_create` and `opportunity_update` take them."""
        values = {name: self.cleaned_data[name] for name in NAMES}
        for name in ("owner", "product_line", "segment"):
            values[name] = uuid.UUID(values[name]) if values[name] else None
        for name in CABS:
            values[name] = values[name] or Answer.UNKNOWN.value
        if not values["outcome"]:
            values |= {"outcome_reason": "", "closed_on": None}
        elif values["closed_on"] is None:
            del values["closed_on"]
        return values


def initial_of(opportunity: Opportunity) -> dict[str, Any]:
    """The form's values for an opportunity as it is stored."""
    initial = {name: getattr(opportunity, name) for name in NAMES}
    amount = initial["amount"]
    owner = opportunity.owner
    return initial | {
        "amount": None if amount is None else f"{amount.normalize():f}",
        "owner": str(owner.user_id) if owner else "",
        "product_line": str(opportunity.product_line_id or ""),
        "segment": str(opportunity.segment_id or ""),
        "version": opportunity.version,
    }


def differences(form: OpportunityForm, opportunity: Opportunity) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    return compared(form, initial_of(opportunity), NAMES)
