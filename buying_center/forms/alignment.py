"""The sheets of the alignment page; `values()` is what the services take, `initial_of` what is stored."""

import uuid
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.fields import FigureField
from accounts.models import Account, Ladder, Tier
from buying_center.bank.alignment import BOUNDARY_HINTS, WEIGHT_WORDS
from buying_center.models import (
    Boundary,
    ConnectionLayer,
    Contact,
    InterfacePair,
    RelationshipStanding,
    SupplierPositioning,
)
from buying_center.services.surveys import DAYS, MOST_DAYS
from kam.tenancy.models import Membership

MOST_MONEY = Decimal("999999999999999")
NOT_SAID = [("", "Not said yet")]
NOT_JUDGED = [("", "Not judged")]


class SheetForm(forms.Form):
    """A form that saves itself. `key` makes its ids unique on the page."""

    def __init__(self, data: Any = None, *, key: str, **options: Any) -> None:
        super().__init__(data, auto_id=f"{key}-%s", **options)

    def values(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in self.fields}


def _saving(label: str) -> FigureField:
    return FigureField(label=label, required=False, example="24000", least=Decimal(0), most=MOST_MONEY)


class InterfaceForm(SheetForm):
    """How one pair of functions runs together."""

    status = forms.ChoiceField(label="How it runs", choices=InterfacePair.Status.choices)
    owner = forms.ChoiceField(label="Who mends it", required=False)
    issue = forms.CharField(
        label="What stands in the way",
        required=False,
        max_length=500,
        widget=forms.Textarea(
            attrs={"rows": 2, "placeholder": "Invoices come back because of order numbers"}
        ),
    )
    boundary = forms.ChoiceField(
        label="Where value could arise",
        required=False,
        choices=[
            ("", "Not said yet"),
            *((value, f"{word}: {BOUNDARY_HINTS[value]}") for value, word in Boundary.choices),
        ],
    )
    opportunity = forms.CharField(
        label="The opportunity",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Invoice from the goods receipt, no paper"}),
    )
    saving_ours = _saving("We would save a year")
    saving_theirs = _saving("They would save a year")

    def __init__(self, data: Any = None, *, people: Iterable[Membership], **options: Any) -> None:
        super().__init__(data, **options)
        choices = [("", "Nobody yet"), *((str(one.user_id), one.user.display_name) for one in people)]
        owner: Any = self.fields["owner"]
        owner.choices = choices

    def values(self) -> dict[str, Any]:
        found = super().values()
        found["owner"] = uuid.UUID(found["owner"]) if found["owner"] else None
        return found

    @staticmethod
    def initial_of(pair: InterfacePair | None) -> dict[str, Any]:
        if pair is None:
            return {"status": InterfacePair.Status.UNKNOWN, **dict.fromkeys(_INTERFACE_TEXTS, "")}
        names = ("status", "issue", "boundary", "opportunity")
        return {
            **{name: getattr(pair, name) for name in names},
            "owner": str(pair.owner.user_id) if pair.owner is not None else "",
            "saving_ours": plain_figure(pair.saving_ours),
            "saving_theirs": plain_figure(pair.saving_theirs),
        }


_INTERFACE_TEXTS = ("owner", "issue", "boundary", "opportunity", "saving_ours", "saving_theirs")


def plain_figure(value: Decimal | None) -> str:
    """A stored amount as it is typed: 24000, not 24000.0000."""
    return "" if value is None else f"{value:f}".rstrip("0").rstrip(".") if value % 1 else f"{value:.0f}"


class PairForm(SheetForm):
    """A pair of one's own."""

    our_function = forms.CharField(
        label="Our function", max_length=120, widget=forms.TextInput(attrs={"placeholder": "Quality"})
    )
    their_function = forms.CharField(
        label="Their function",
        max_length=120,
        widget=forms.TextInput(attrs={"placeholder": "Incoming inspection"}),
    )


class StandingForm(SheetForm):
    """What is stated of the connection's depth (K16)."""

    stated_layer = forms.ChoiceField(
        label="The layer, as you see it", required=False, choices=NOT_SAID + ConnectionLayer.choices
    )
    vendor_tier = forms.TypedChoiceField(
        label="Which vendors they count us among",
        required=False,
        empty_value=None,
        coerce=int,
        choices=[("", "Not known"), (3, "Tier 3: one of many"), (2, "Tier 2: asked for bids and advice"),
                 (1, "Tier 1: always considered")],
    )  # fmt: skip
    cross_sell_scope = forms.CharField(
        label="What else they let us sell",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    lead_mix = forms.CharField(
        label="Who brings the leads, they or we",
        required=False,
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "Two of five came from them this year"}),
    )

    @staticmethod
    def initial_of(row: RelationshipStanding) -> dict[str, Any]:
        return {
            "stated_layer": row.stated_layer,
            "vendor_tier": "" if row.vendor_tier is None else str(row.vendor_tier),
            "cross_sell_scope": row.cross_sell_scope,
            "lead_mix": row.lead_mix,
        }


class RelationshipForm(SheetForm):
    """Our view of the ladder, and the tier (K9)."""

    ladder_ours = forms.ChoiceField(
        label="Where we see the relationship", required=False, choices=NOT_SAID + Ladder.choices
    )
    tier = forms.ChoiceField(label="What we are to them", required=False, choices=NOT_SAID + Tier.choices)

    @staticmethod
    def initial_of(account: Account) -> dict[str, Any]:
        return {"ladder_ours": account.ladder_ours, "tier": account.tier}


def _score(label: str) -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label,
        required=False,
        empty_value=None,
        coerce=int,
        choices=[*NOT_JUDGED, *((value, str(value)) for value in range(11))],
    )


class PositioningForm(SheetForm):
    """The six factors of our weight, and the relative spend where it cannot be computed (K9, BANK G7)."""

    relative_spend = _score("Our share of what they spend on suppliers like us, in tenths")
    evidence = forms.CharField(
        label="How you know", required=False, max_length=2000, widget=forms.Textarea(attrs={"rows": 2})
    )

    def __init__(self, data: Any = None, **options: Any) -> None:
        super().__init__(data, **options)
        self.fields = {
            **{name: _score(label) for name, label in WEIGHT_WORDS.items()},
            **self.fields,
        }

    @property
    def factors(self) -> list[Any]:
        return [self[name] for name in WEIGHT_WORDS]

    @staticmethod
    def initial_of(row: SupplierPositioning) -> dict[str, Any]:
        scores = {name: getattr(row, name) for name in (*WEIGHT_WORDS, "relative_spend")}
        return {
            **{name: "" if value is None else str(value) for name, value in scores.items()},
            "evidence": row.evidence,
        }


class SurveyForm(SheetForm):
    """Whom to ask how they see us, and which way the link goes."""

    MAIL, COPY = "mail", "copy"

    contact = forms.ChoiceField(label="Person")
    contact_email = forms.EmailField(
        label="Their e-mail address",
        required=False,
        max_length=254,
        help_text="Empty: the address that is known of them.",
    )
    days = forms.IntegerField(
        label="The link works for, days", min_value=1, max_value=MOST_DAYS, initial=DAYS
    )
    way = forms.ChoiceField(
        label="How it reaches them",
        choices=[
            (MAIL, "We send it by e-mail"),
            (COPY, "I copy the link and hand it over; that stays on record"),
        ],
        initial=MAIL,
        widget=forms.RadioSelect,
    )

    def __init__(self, data: Any = None, *, contacts: Iterable[Contact], **options: Any) -> None:
        super().__init__(data, **options)
        field: Any = self.fields["contact"]
        field.choices = [
            ("", "Choose somebody"),
            *((str(one.pk), ", ".join(filter(None, (one.name, one.title)))) for one in contacts),
        ]
