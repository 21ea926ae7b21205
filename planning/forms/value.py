"""Entering value, and asking the customer to confirm it."""

from decimal import Decimal
from typing import Any

from django import forms

from accounts.forms.compare import compared
from accounts.forms.fields import DayField, FigureField
from planning.models import GainKind, Measure, Reward, ValueClass, ValueItem
from planning.services.confirmations import DAYS

ZERO = Decimal(0)
MOST_MONEY = Decimal("999999999999999")
# The four classes as a person chooses between them (BANK I1).
CLASS_WORDS = {
    ValueClass.EXPECTED: ("Expected", "Needed to serve at all; every supplier offers it."),
    ValueClass.WELCOME: ("Welcome", "Liked, but nobody earns by it."),
    ValueClass.PROVEN: ("Proven", "Makes the customer better off, and they pay or favour us for it."),
    ValueClass.PIPELINE: ("Not yet done", "Could bring much to both sides."),
}
SECTIONS = (
    ("What it is", ("title", "statement", "value_class", "measure")),
    ("What the customer gains", ("customer_gain", "gain_note", "gain_kinds")),
    ("What we gain, and what it costs us", ("our_gain", "our_cost", "reward", "reward_note")),
    ("How we know", ("evidence", "reported_by", "reported_on", "contact_name", "contact_email")),
    ("What becomes of it", ("planned_for", "ended_on", "copied_by", "copied_on")),
)
NAMES = [name for _, names in SECTIONS for name in names]


def _figure(label: str, help_text: str = "") -> FigureField:
    return FigureField(
        label=label, required=False, example="120000", least=ZERO, most=MOST_MONEY, help_text=help_text
    )


class ValueItemForm(forms.Form):
    """One item of the register; `values()` is what the services take. Money per year, base currency."""

    title = forms.CharField(
        label="What we do",
        max_length=200,
        widget=forms.TextInput(attrs={"placeholder": "Night deliveries straight to the line"}),
    )
    statement = forms.CharField(
        label="What the customer reads",
        required=False,
        max_length=2000,
        help_text="How it makes them better off, in words they would sign. Shown when you ask them to confirm.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    value_class = forms.TypedChoiceField(
        label="Class",
        coerce=int,
        choices=[(int(value), word) for value, (word, _) in CLASS_WORDS.items()],
        widget=forms.RadioSelect,
    )
    measure = forms.ChoiceField(
        label="Measured as", required=False, choices=[("", "Not said"), *Measure.choices]
    )
    customer_gain = _figure("Gain per year")
    gain_kinds = forms.MultipleChoiceField(
        label="Gains that are not money",
        required=False,
        choices=GainKind.choices,
        widget=forms.CheckboxSelectMultiple,
    )
    gain_note = forms.CharField(
        label="How it is reckoned",
        required=False,
        max_length=300,
        help_text="The customer reads this too.",
    )
    our_gain = _figure("Our gain per year", "Never shown to the customer.")
    our_cost = _figure("Our cost per year", "Never shown to the customer.")
    reward = forms.ChoiceField(
        label="What they give in return", required=False, choices=[("", "Nothing yet"), *Reward.choices]
    )
    reward_note = forms.CharField(
        label="The premium or the favour",
        required=False,
        max_length=300,
        widget=forms.TextInput(attrs={"placeholder": "2 % above list; first call on new lines"}),
    )
    evidence = forms.CharField(
        label="Evidence",
        required=False,
        max_length=4000,
        help_text="For us only: what was measured, by whom, where it is written.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    reported_by = forms.CharField(
        label="Who at the customer said so",
        required=False,
        max_length=150,
        help_text="What you record counts as reported. Demonstrated is what they confirm themselves.",
    )
    reported_on = DayField(label="When they said so", required=False)
    contact_name = forms.CharField(label="Who can confirm it", required=False, max_length=150)
    contact_email = forms.EmailField(label="Their e-mail address", required=False, max_length=254)
    planned_for = DayField(label="Planned for", required=False)
    ended_on = DayField(
        label="Ended on", required=False, help_text="From then on it counts nowhere, and stays on record."
    )
    copied_by = forms.CharField(label="Copied by", required=False, max_length=150)
    copied_on = DayField(
        label="Copied since",
        required=False,
        help_text="What competitors offer too is expected of everybody: the item falls to class 1.",
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, currency: str, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        for name in ("customer_gain", "our_gain", "our_cost"):
            self.fields[name].label = f"{self.fields[name].label}, {currency}"

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in the groups that the page shows."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def classes(self) -> list[dict[str, Any]]:
        """The four classes with what they mean, and which one is chosen."""
        chosen = str(self["value_class"].value() or "")
        return [
            {"value": int(value), "word": word, "text": text, "checked": str(int(value)) == chosen}
            for value, (word, text) in CLASS_WORDS.items()
        ]

    def values(self) -> dict[str, Any]:
        """The cleaned values as the services take them."""
        return {name: self.cleaned_data[name] for name in NAMES}


def initial_of(item: ValueItem) -> dict[str, Any]:
    """The form's values for an item as it is stored."""
    initial: dict[str, Any] = {name: getattr(item, name) for name in NAMES}
    for name in ("customer_gain", "our_gain", "our_cost"):
        value = initial[name]
        initial[name] = None if value is None else f"{value.normalize():f}"
    return {**initial, "version": item.version}


def differences(form: ValueItemForm, item: ValueItem) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    return compared(form, initial_of(item), NAMES)


class AskForm(forms.Form):
    """Whom to ask, and how the link gets there."""

    MAIL, HAND = "mail", "hand"

    contact_name = forms.CharField(label="Who confirms it", max_length=150)
    contact_email = forms.EmailField(label="Their e-mail address", max_length=254)
    days = forms.TypedChoiceField(
        label="The link works for",
        choices=[(7, "7 days"), (14, "14 days"), (30, "30 days"), (90, "90 days")],
        coerce=int,
        initial=DAYS,
    )
    way = forms.ChoiceField(
        label="How it gets there",
        choices=[
            (MAIL, "We send it by e-mail: the strongest proof, nobody here sees the link"),
            (HAND, "I copy the link and hand it over myself, which stays on record"),
        ],
        initial=MAIL,
        widget=forms.RadioSelect,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
