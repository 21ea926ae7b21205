"""Entering a connection, an engagement plan, an activity (K11)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.forms.fields import DayField
from buying_center.models import Activity, Connection, Engagement
from buying_center.selectors.our_side import OurHuman
from kam.tenancy.models import Membership

STRENGTHS = (
    ("", "not judged"),
    ("1", "1 knows our name"),
    ("2", "2 answers when asked"),
    ("3", "3 reached: talks openly"),
    ("4", "4 trusts us"),
    ("5", "5 shares plans with us"),
)
DESIRED = (("", "nobody has said"), *STRENGTHS[1:])
NAMES = ("strength", "desired", "next_action", "next_action_on", "owner", "note")


class ConnectionForm(forms.Form):
    """One cell of the relationship matrix; `values()` is what `connection_set` takes."""

    strength = forms.ChoiceField(label="How strong it is", required=False, choices=STRENGTHS)
    desired = forms.ChoiceField(label="How strong it should be", required=False, choices=DESIRED)
    next_action = forms.CharField(label="Next action", required=False, max_length=300)
    next_action_on = DayField(label="Until", required=False)
    owner = forms.ChoiceField(label="Who does it", required=False)
    note = forms.CharField(
        label="Note", required=False, max_length=4000, widget=forms.Textarea(attrs={"rows": 3})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, members: Iterable[Membership] = (), **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.fields["owner"].choices = [  # type: ignore[attr-defined]
            ("", "Nobody yet"),
            *((str(member.user_id), str(member.user)) for member in members),
        ]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        return {
            **{name: given[name] for name in ("next_action", "next_action_on", "note")},
            **{name: int(given[name]) if given[name] else None for name in ("strength", "desired")},
            "owner": uuid.UUID(given["owner"]) if given["owner"] else None,
        }


def initial_of(connection: Connection | None) -> dict[str, Any]:
    """The form's values for a cell as it is stored."""
    if connection is None:
        return dict.fromkeys((*NAMES, "version"), "")
    return {
        **{name: getattr(connection, name) for name in NAMES if name != "owner"},
        "owner": str(connection.owner.user_id) if connection.owner else "",
        "version": connection.version,
    }


class EngagementForm(forms.Form):
    """How we keep in touch with one contact; `values()` is what the engagement services take."""

    place = forms.ChoiceField(label="Who of ours")
    kind = forms.ChoiceField(label="What", choices=Engagement.Kind.choices)
    every_weeks = forms.IntegerField(
        label="Every how many weeks", min_value=1, max_value=104, initial=6,
        error_messages={
            "invalid": "Every how many weeks: expected a whole number from 1 to 104.",
            "required": "Every how many weeks: expected a whole number from 1 to 104.",
        },
    )  # fmt: skip
    next_on = DayField(label="Next time on", error_messages={"required": "Next time on: choose a day."})
    purpose = forms.CharField(label="What for", required=False, max_length=500)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, humans: Iterable[OurHuman], **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.fields["place"].choices = [  # type: ignore[attr-defined]
            (str(human.id), f"{human.name}, {human.role_label.lower()}") for human in humans
        ]

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        values = {name: given[name] for name in ("kind", "every_weeks", "next_on", "purpose")}
        return {**values, "place": uuid.UUID(given["place"])}


class ActivityForm(forms.Form):
    """One entry of the log; `values()` is what the activity services take."""

    kind = forms.ChoiceField(label="What", choices=Activity.Kind.choices, initial=Activity.Kind.CALL)
    happened_on = DayField(label="When", error_messages={"required": "When: choose a day."})
    subject = forms.CharField(
        label="About what", max_length=200, error_messages={"required": "About what: a few words are enough."}
    )
    contacts = forms.MultipleChoiceField(label="Who of theirs", required=False)
    places = forms.MultipleChoiceField(label="Who of ours", required=False)
    text = forms.CharField(
        label="What was said", required=False, max_length=20000, widget=forms.Textarea(attrs={"rows": 4})
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        contacts: Iterable[tuple[str, str]],
        places: Iterable[tuple[str, str]],
        **options: Any,
    ) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        for name, choices in (("contacts", contacts), ("places", places)):
            self.fields[name].choices = list(choices)  # type: ignore[attr-defined]
            self.fields[name].widget = forms.CheckboxSelectMultiple(
                choices=self.fields[name].choices  # type: ignore[attr-defined]
            )

    def values(self) -> dict[str, Any]:
        given = self.cleaned_data
        values = {name: given[name] for name in ("kind", "happened_on", "subject", "text")}
        return {**values, **{name: [uuid.UUID(pk) for pk in given[name]] for name in ("contacts", "places")}}
