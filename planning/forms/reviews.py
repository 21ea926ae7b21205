"""Keeping a review, and writing down what it decides."""

import uuid
from typing import Any

from django import forms

from accounts.forms.fields import DayField
from kam.tenancy.models import Membership
from planning.models import Review

NAMES = ("due_on", "held_on", "attendees", "summary", "unchanged_reason")


class ReviewForm(forms.Form):
    """An open review; `values()` is what the services take. Attendees stand one to a line."""

    held_on = DayField(label="Held on", required=False)
    due_on = DayField(label="Due on", help_text="Move it if you have to: reminders follow.")
    attendees = forms.CharField(
        label="Who was there",
        required=False,
        max_length=10_000,
        help_text="One person to a line, from both sides. Needed before you freeze.",
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    summary = forms.CharField(
        label="What you concluded",
        required=False,
        max_length=20_000,
        help_text="Needed before you freeze.",
        widget=forms.Textarea(attrs={"rows": 8}),
    )
    unchanged_reason = forms.CharField(
        label="Why nothing changed there",
        required=False,
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})

    def clean_attendees(self) -> str:
        """Every name fits its place. The text stays as it was typed."""
        text: str = self.cleaned_data["attendees"]
        names = [name.strip() for name in text.splitlines() if name.strip()]
        if len(names) > 60:
            raise forms.ValidationError(f"{self.fields['attendees'].label}: expected at most 60 people.")
        if any(len(name) > 160 for name in names):
            raise forms.ValidationError(
                f"{self.fields['attendees'].label}: a line is longer than 160 characters."
            )
        return text

    def values(self) -> dict[str, Any]:
        """The cleaned values as `review_update` takes them."""
        values = {name: self.cleaned_data[name] for name in NAMES}
        return {**values, "attendees": values["attendees"].splitlines()}


def initial_of(review: Review) -> dict[str, Any]:
    """The form's values for a review as it is stored."""
    stored: dict[str, Any] = {name: getattr(review, name) for name in NAMES}
    return {**stored, "attendees": "\n".join(review.attendees), "version": review.version}


class ActionForm(forms.Form):
    """One thing to do: what, who of ours, until when."""

    text = forms.CharField(label="What is to be done", max_length=500)
    owner = forms.ChoiceField(label="Who", required=False)
    due_on = DayField(label="Until", required=False)

    def __init__(self, *args: Any, members: list[Membership], **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        choices: Any = self.fields["owner"]
        choices.choices = [
            ("", "Nobody yet"),
            *((str(member.user_id), member.user.display_name) for member in members),
        ]

    def values(self) -> dict[str, Any]:
        """The cleaned values as `review_action_create` takes them."""
        owner = self.cleaned_data["owner"]
        return {
            "text": self.cleaned_data["text"],
            "owner": uuid.UUID(owner) if owner else None,
            "due_on": self.cleaned_data["due_on"],
        }
