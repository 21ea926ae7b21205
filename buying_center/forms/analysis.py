"""One row of a member's analysis: four small forms (K15)."""

import uuid
from collections.abc import Iterable
from typing import Any

from django import forms

from accounts.forms.fields import DayField
from buying_center.models import GridColumn, RiskKind
from kam.tenancy.models import Membership

_ONE_TO_FIVE = [(str(number), str(number)) for number in range(1, 6)]


class _RowForm(forms.Form):
    """`values()` is what `analysis_add` and `analysis_update` take."""

    def __init__(self, *args: Any, members: Iterable[Membership] = (), **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        if "owner" in self.fields:
            self.fields["owner"].choices = [  # type: ignore[attr-defined]
                ("", "Nobody yet"),
                *((str(member.pk), str(member.user)) for member in members),
            ]

    def values(self) -> dict[str, Any]:
        return dict(self.cleaned_data)


class GridForm(_RowForm):
    column = forms.ChoiceField(label="Column", choices=GridColumn.choices)
    text = forms.CharField(label="What", max_length=500)
    competitor = forms.CharField(label="Who else could serve it", required=False, max_length=120)
    competitive_risk = forms.ChoiceField(
        label="Their strength there, 1 to 5", required=False, choices=[("", "not judged"), *_ONE_TO_FIVE]
    )

    def values(self) -> dict[str, Any]:
        risk = self.cleaned_data["competitive_risk"]
        return {**self.cleaned_data, "competitive_risk": int(risk) if risk else None}


class NeedForm(_RowForm):
    problem = forms.CharField(label="Problem", max_length=500)
    implied_need = forms.CharField(label="Implied need", required=False, max_length=500)
    explicit_need = forms.CharField(label="Explicit need", required=False, max_length=500)


class RiskForm(_RowForm):
    kind = forms.ChoiceField(label="Kind", choices=RiskKind.choices)
    text = forms.CharField(label="What they fear", max_length=500)
    probability = forms.ChoiceField(label="Probability, 1 to 5", choices=_ONE_TO_FIVE, initial="3")
    consequence = forms.ChoiceField(label="Consequence, 1 to 5", choices=_ONE_TO_FIVE, initial="3")
    mitigation = forms.CharField(label="What lowers it", required=False, max_length=1000)

    def values(self) -> dict[str, Any]:
        numbers = {name: int(self.cleaned_data[name]) for name in ("probability", "consequence")}
        return {**self.cleaned_data, **numbers}


class ActionForm(_RowForm):
    text = forms.CharField(label="What", max_length=500)
    owner = forms.ChoiceField(label="Who", required=False)
    due = DayField(label="Until", required=False)

    def values(self) -> dict[str, Any]:
        owner = self.cleaned_data["owner"]
        return {**self.cleaned_data, "owner": uuid.UUID(owner) if owner else None}


FORMS: dict[str, type[_RowForm]] = {
    "grid": GridForm,
    "needs": NeedForm,
    "risks": RiskForm,
    "actions": ActionForm,
}
# How a message names one row of each kind.
WORDS = {"grid": "entry", "needs": "need", "risks": "risk", "actions": "action"}
