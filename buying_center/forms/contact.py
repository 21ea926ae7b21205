"""Entering a person of the buying centre (K13, K14)."""

import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from django import forms

from accounts.forms.compare import compared
from accounts.forms.fields import DayField
from buying_center.models import ZONES, BuyingRole, Contact, ContactLevel, PromoterType, SellingCenterMember

ATTITUDES = (
    ("2", "+2 acts for us"),
    ("1", "+1 speaks well of us"),
    ("0", "0 neither for nor against"),
    ("-1", "−1 doubts us"),
    ("-2", "−2 works against us"),
)
STRENGTHS = (
    ("0", "0 no relationship"),
    ("1", "1 knows our name"),
    ("2", "2 answers when asked"),
    ("3", "3 reached: talks openly"),
    ("4", "4 trusts us"),
    ("5", "5 shares plans with us"),
)
NOT_JUDGED = ("", "not judged")
ZONE_WORDS = {"power": "Power zone", "threat": "Threat zone", "receptive": "Receptive zone"}
_SCALE = tuple((str(number), str(number)) for number in range(11))
SECTIONS = (
    (
        "Who it is",
        ("name", "is_placeholder", "title", "department", "level", "reports_to", "email", "phone"),
    ),
    (
        "Part in the decision",
        ("roles", "promoter_type", "is_dominant_advisor", "is_opponent", "competitor"),
    ),
    (
        "What we make of them",
        (
            "attitude",
            "power",
            "receptiveness",
            "strength",
            "facilitator_trust",
            "facilitator_reputation",
            "facilitator_interest",
        ),
    ),
    ("Our side", ("covered_by", "last_contact", "next_assessment", "personal_goals", "note")),
    (
        "Zones, where you see more than the figures",
        tuple(f"zone_{z}{p}" for z in ZONES for p in ("", "_reason")),
    ),
)
NAMES = [name for _, names in SECTIONS for name in names]
WIDE = frozenset({"name", "is_placeholder", "roles", "personal_goals", "note"})
_CHOSEN_NUMBERS = (
    "attitude",
    "power",
    "receptiveness",
    "strength",
    "facilitator_trust",
    "facilitator_reputation",
    "facilitator_interest",
)


def _scale(label: str, help_text: str = "", choices: Iterable[tuple[str, str]] = _SCALE) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, required=False, help_text=help_text, choices=[NOT_JUDGED, *choices])


class ContactForm(forms.Form):
    """A contact as people edit it; `values()` is what the services take."""

    name = forms.CharField(label="Name", max_length=200)
    is_placeholder = forms.BooleanField(
        label="Not known by name yet: the name says whom to look for", required=False
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    department = forms.CharField(label="Department", required=False, max_length=200)
    level = forms.ChoiceField(
        label="Level", required=False, choices=[("", "not known"), *ContactLevel.choices]
    )
    reports_to = forms.ChoiceField(label="Reports to", required=False)
    email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages={"invalid": "E-mail: expected an address such as name@example.com."},
    )
    phone = forms.CharField(label="Phone", required=False, max_length=60)
    roles = forms.MultipleChoiceField(
        label="Roles", required=False, choices=BuyingRole.choices, widget=forms.CheckboxSelectMultiple
    )
    promoter_type = forms.ChoiceField(
        label="Promoter type",
        required=False,
        choices=[
            ("", "not judged"),
            (PromoterType.INFORMATION_PROVIDER, "Information provider: tells much, moves little"),
            (PromoterType.GOOD_BUDDY, "Good buddy: willing, of limited influence"),
            (PromoterType.INNER_SALESPERSON, "Inner salesperson: own stake, moves the deal"),
        ],
        help_text="Of an influencer, advisor or facilitator.",
    )
    is_dominant_advisor = forms.BooleanField(
        label="Dominant advisor: nobody decides without hearing them", required=False
    )
    is_opponent = forms.BooleanField(label="Opponent: works for somebody else’s offer", required=False)
    competitor = forms.CharField(
        label="For which competitor", required=False, max_length=120, help_text="Of an opponent."
    )
    attitude = _scale("Attitude to us", choices=ATTITUDES)
    power = _scale("Power, 0 to 10", "7 or more puts them into the power zone.")
    receptiveness = _scale("Receptiveness, 0 to 10", "How open they are to change and to us.")
    strength = _scale("Relationship with us", choices=STRENGTHS)
    facilitator_trust = _scale("Facilitator: trust and closeness to us, 0 to 10")
    facilitator_reputation = _scale("Facilitator: reputation and ties inside, 0 to 10")
    facilitator_interest = _scale("Facilitator: own interest in backing us, 0 to 10")
    covered_by = forms.ChoiceField(label="Covered by", required=False)
    last_contact = DayField(label="Last contact", required=False)
    next_assessment = DayField(
        label="Next re-assessment", required=False, help_text="Empty: six months after the next judgement."
    )
    personal_goals = forms.CharField(
        label="Personal goals",
        required=False,
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="What this person wants to reach for themselves.",
    )
    note = forms.CharField(
        label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 2})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        people: Mapping[str, str],
        team: Iterable[SellingCenterMember],
        **options: Any,
    ) -> None:
        """`people`: id and name of everybody who may be the manager; `team`: our selling centre."""
        super().__init__(*args, **{"label_suffix": "", **options})
        for zone, word in ZONE_WORDS.items():
            self.fields[f"zone_{zone}"] = forms.ChoiceField(
                label=word,
                required=False,
                choices=[("", "as the figures suggest"), ("true", "inside"), ("false", "outside")],
            )
            self.fields[f"zone_{zone}_reason"] = forms.CharField(
                label=f"{word}: why", required=False, max_length=500
            )
        choices: dict[str, list[tuple[str, str]]] = {
            "reports_to": [("", "Nobody, or not known"), *people.items()],
            "covered_by": [
                ("", "Nobody"),
                *((str(member.pk), f"{member.name}, {member.get_role_display().lower()}") for member in team),
            ],
        }
        for name, offered in choices.items():
            self.fields[name].choices = offered  # type: ignore[attr-defined]

    def sections(self) -> list[tuple[str, list[forms.BoundField]]]:
        """The fields in the groups that the page shows."""
        return [(title, [self[name] for name in names]) for title, names in SECTIONS]

    def values(self) -> dict[str, Any]:
        """The cleaned values as `contact_add` and `contact_update` take them."""
        values = {name: self.cleaned_data[name] for name in NAMES}
        for name in ("reports_to", "covered_by"):
            values[name] = uuid.UUID(values[name]) if values[name] else None
        for name in _CHOSEN_NUMBERS:
            values[name] = int(values[name]) if values[name] else None
        for zone in ZONES:
            values[f"zone_{zone}"] = {"true": True, "false": False}.get(values[f"zone_{zone}"])
            if values[f"zone_{zone}"] is None:
                values[f"zone_{zone}_reason"] = ""
        if values["next_assessment"] is None:
            # Left empty the service sets it when something is judged.
            del values["next_assessment"]
        return values


def initial_of(contact: Contact, roles: list[str], version: int) -> dict[str, Any]:
    """The form's values for a contact as it is stored."""
    person = contact.person
    initial: dict[str, Any] = {
        name: getattr(person if name in ("name", "email", "phone", "is_placeholder") else contact, name)
        for name in NAMES
        if name not in ("roles", "reports_to", "covered_by")
    }
    for name in _CHOSEN_NUMBERS:
        initial[name] = "" if initial[name] is None else str(initial[name])
    for zone in ZONES:
        initial[f"zone_{zone}"] = {True: "true", False: "false"}.get(initial[f"zone_{zone}"], "")
    return initial | {
        "roles": roles,
        "reports_to": str(contact.reports_to_id or ""),
        "covered_by": str(contact.covered_by_id or ""),
        "version": version,
    }


def differences(
    form: ContactForm, contact: Contact, roles: list[str], version: int
) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    return compared(form, initial_of(contact, roles, version), NAMES)
