"""Entering a place in a selling centre: who, as what, for what, and how long (K10)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms

from accounts.forms.compare import compared
from accounts.forms.fields import DayField
from buying_center.models import PlaceScope, SellingCenterMember, SellingRole, Seniority

NEW = "new"
SECTIONS = (
    ("As what", ("role", "is_lead", "title", "function", "level")),
    ("What they answer for", ("scopes", "regions")),
    ("For how long", ("is_temporary", "reason", "valid_from", "valid_to")),
)
NAMES = [name for _, names in SECTIONS for name in names]
EMPLOYEE_NAMES = ("employee_name", "employee_email", "left_on")
# Departments that nearly every supplier has; whoever is missing can be typed.
FUNCTIONS = (
    "Sales", "Pre-sales", "Marketing", "Product management", "Supply chain", "Finance", "Legal",
    "Research and development", "Service delivery", "Human resources", "Executive management",
)  # fmt: skip


class PlaceForm(forms.Form):
    """A place as people edit it; `values()` is what the services take."""

    role = forms.ChoiceField(label="Role", choices=[("", "choose a role"), *SellingRole.choices])
    is_lead = forms.BooleanField(
        label="Leads the account", required=False, help_text="Of a key account manager."
    )
    title = forms.CharField(label="Title", required=False, max_length=200)
    function = forms.CharField(
        label="Function",
        required=False,
        max_length=120,
        help_text="Whose counterpart they are at the customer.",
        widget=forms.TextInput(attrs={"list": "team-functions", "autocomplete": "off"}),
    )
    level = forms.ChoiceField(label="Level", required=False, choices=[("", "not known"), *Seniority.choices])
    scopes = forms.MultipleChoiceField(
        label="Product lines and segments", required=False, widget=forms.CheckboxSelectMultiple
    )
    regions = forms.CharField(
        label="Regions", required=False, max_length=1000, help_text="Several apart by semicolons."
    )
    is_temporary = forms.BooleanField(label="Only for a time", required=False)
    reason = forms.CharField(
        label="What brings them in",
        required=False,
        max_length=500,
        help_text="The opportunity or concern. Needed where they come for a time.",
    )
    valid_from = DayField(label="From", required=False)
    valid_to = DayField(label="Last day", required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(
        self,
        *args: Any,
        lines: Sequence[tuple[str, str]] = (),
        segments: Sequence[tuple[str, str]] = (),
        is_employee: bool = False,
        **options: Any,
    ) -> None:
        """`lines` and `segments`: id and name of what one may answer for. `is_employee`: their own fields too."""
        super().__init__(*args, **{"label_suffix": "", **options})
        self.line_choices = [(f"line:{pk}", name) for pk, name in lines]
        self.segment_choices = [(f"segment:{pk}", name) for pk, name in segments]
        self.fields["scopes"].choices = [*self.line_choices, *self.segment_choices]  # type: ignore[attr-defined]
        if is_employee:
            self.fields["employee_name"] = forms.CharField(label="Name", max_length=150)
            self.fields["employee_email"] = _email_field()
            self.fields["left_on"] = DayField(label="No longer with us since", required=False)

    @property
    def scope_boxes(self) -> list[dict[str, Any]]:
        """The boxes in two groups, with what is ticked."""
        chosen = {str(value) for value in self["scopes"].value() or ()}
        groups = (("Product lines", self.line_choices), ("Segments of the customer", self.segment_choices))
        return [
            {"title": title, "boxes": [(value, name, value in chosen) for value, name in choices]}
            for title, choices in groups
            if choices
        ]

    def values(self) -> dict[str, Any]:
        """The cleaned values as `selling_center_add` and `selling_center_update` take them."""
        values = {name: self.cleaned_data[name] for name in NAMES if name not in ("scopes", "regions")}
        scopes: list[dict[str, Any]] = []
        for value in self.cleaned_data["scopes"]:
            kind, _, pk = value.partition(":")
            scopes.append({"product_line" if kind == "line" else "segment": uuid.UUID(pk)})
        regions = (part.strip() for part in self.cleaned_data["regions"].split(";"))
        values["scopes"] = scopes + [{"region": region} for region in regions if region]
        return values

    def employee_values(self) -> dict[str, Any]:
        """What is to be stored of the employee behind the place."""
        data = self.cleaned_data
        return {"name": data["employee_name"], "email": data["employee_email"], "left_on": data["left_on"]}


class AddForm(PlaceForm):
    """The same with who it is: one of the members, a known employee, or somebody new without a login."""

    person = forms.CharField(
        max_length=60, error_messages={"required": "Person: choose somebody, or add somebody without a login."}
    )  # fmt: skip
    new_name = forms.CharField(label="Name", required=False, max_length=150)
    new_email = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages={"invalid": "E-mail: expected an address such as name@example.com."},
    )

    def clean(self) -> dict[str, Any]:
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("person") == NEW and not data.get("new_name"):
            self.add_error("new_name", "Name: say who it is.")
        elif data.get("person") and data["person"] != NEW and _person(data["person"]) is None:
            self.add_error("person", "Person: choose one from the list.")
        return data

    def values(self) -> dict[str, Any]:
        values = super().values()
        if self.cleaned_data["person"] == NEW:
            data = self.cleaned_data
            values["new_employee"] = {
                "name": data["new_name"], "email": data["new_email"], "title": data["title"],
            }  # fmt: skip
            return values
        kind, pk = _person(self.cleaned_data["person"])  # type: ignore[misc]
        return {**values, kind: pk}


class LeaveForm(forms.Form):
    """Ending a place, or taking it out."""

    heir = forms.ChoiceField(label="Hand over to", required=False)
    last_day = DayField(label="Last day", required=False)

    def __init__(self, *args: Any, heirs: Sequence[tuple[str, str]], **options: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **options})
        self.fields["heir"].choices = [("", "Nobody"), *heirs]  # type: ignore[attr-defined]

    @property
    def heir_id(self) -> uuid.UUID | None:
        chosen = self.cleaned_data["heir"]
        return uuid.UUID(chosen) if chosen else None


def initial_of(place: SellingCenterMember, scopes: Sequence[PlaceScope], version: int) -> dict[str, Any]:
    """The form's values for a place as it is stored."""
    initial: dict[str, Any] = {
        name: getattr(place, name) for name in NAMES if name not in ("scopes", "regions")
    }
    initial["scopes"] = [
        f"line:{scope.product_line_id}" if scope.product_line_id else f"segment:{scope.segment_id}"
        for scope in scopes
        if not scope.region
    ]
    initial["regions"] = "; ".join(scope.region for scope in scopes if scope.region)
    if place.employee is not None:
        employee = place.employee
        initial |= {
            "employee_name": employee.name, "employee_email": employee.email, "left_on": employee.left_on,
        }  # fmt: skip
    return initial | {"version": version}


def differences(form: PlaceForm, stored: Mapping[str, Any]) -> list[tuple[str, str, str]]:
    """Label, mine and theirs for each field where what was typed differs from what is stored now."""
    names = [*EMPLOYEE_NAMES, *NAMES] if "employee_name" in form.fields else NAMES
    return compared(form, stored, names)


def _email_field() -> forms.EmailField:
    return forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        error_messages={"invalid": "E-mail: expected an address such as name@example.com."},
    )


def _person(text: str) -> tuple[str, uuid.UUID] | None:
    """`user:<id>` or `employee:<id>` → what the service takes."""
    kind, _, pk = text.partition(":")
    if kind not in ("user", "employee"):
        return None
    try:
        return kind, uuid.UUID(pk)
    except ValueError:
        return None
