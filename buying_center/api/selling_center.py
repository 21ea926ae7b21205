"""`selling-centre/` and `employees/`: who of ours works for which account (K10)."""

from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from rest_framework import serializers

from buying_center.models import Employee, PlaceScope, SellingCenterMember, SellingRole, Seniority
from buying_center.selectors.selling_center import employee_visible, place_visible, scopes_of
from buying_center.services.employees import employee_create, employee_delete, employee_update
from buying_center.services.selling_center import (
    selling_center_add,
    selling_center_remove,
    selling_center_update,
)
from kam.common.api.fields import Choice, Day, Flag, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import Filter, FlagFilter, IdFilter, ListQuery, NullFilter
from kam.common.api.rows import Row, read_rows
from kam.common.api.views import CreateListApi, DetailApi


class ScopeOutput(serializers.Serializer[Any]):
    """One thing that a leader answers for; the other two are null."""

    product_line = Id(allow_null=True)
    segment = Id(allow_null=True)
    region = Text(allow_null=True)


class ScopeInput(StrictSerializer):
    """Exactly one of the three."""

    product_line = Id(allow_null=True, required=False)
    segment = Id(allow_null=True, required=False)
    region = Text(max_length=120, allow_null=True, required=False)


class SellingCentreOutput(serializers.Serializer[Any]):
    """`user` is null for an employee without a login, `employee` for everybody else."""

    id = Id()
    account = Id(source="account_id")
    user = Id(source="member.user_id", allow_null=True, help_text="User id of a member.")
    user_email = Text(source="member.user.email", allow_null=True)
    user_name = Text(source="member.user.name", allow_null=True)
    employee = Id(source="employee_id", allow_null=True)
    name = Text(source="shown_name", help_text="Whoever it is.")
    role = Choice(choices=SellingRole.choices)
    is_lead = Flag()
    title = Text(allow_null=True)
    function = Text(allow_null=True, help_text="Whose counterpart they are, such as Supply chain.")
    level = Choice(choices=Seniority.choices, allow_null=True)
    is_temporary = Flag()
    reason = Text(allow_null=True, help_text="The opportunity or concern that brought them in.")
    valid_from = Day(allow_null=True)
    valid_to = Day(allow_null=True, help_text="The last day.")
    version = Whole(source="shown_version")
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class SellingCentreShown(SellingCentreOutput):
    """A place with its scopes, which stand in a table of their own."""

    scopes = ScopeOutput(many=True)


class SellingCentreInput(StrictSerializer):
    """What may be written. Omitted = as it is. A new place names a `user` or an `employee`, and keeps them.

    A temporary place needs `valid_to` and `reason`; `scopes` replaces the whole list.
    """

    account = Id()
    user = Id(allow_null=True, required=False)
    employee = Id(allow_null=True, required=False)
    role = Choice(choices=SellingRole.choices)
    is_lead = Flag(required=False)
    title = Text(max_length=200, allow_null=True, required=False)
    function = Text(max_length=120, allow_null=True, required=False)
    level = Choice(choices=Seniority.choices, allow_null=True, allow_blank=True, required=False)
    is_temporary = Flag(required=False)
    reason = Text(max_length=500, allow_null=True, required=False)
    valid_from = Day(allow_null=True, required=False)
    valid_to = Day(allow_null=True, required=False)
    scopes = serializers.ListField(child=ScopeInput(), required=False, max_length=100)


SellingCentreInput.ignored = read_only(SellingCentreShown, SellingCentreInput)


class _PlaceRows:
    """Rows of both views: the columns in one query, the scopes of all of them in a second."""

    principal: Any

    def rows(self) -> Any:
        return place_visible(self.principal)

    def read(self, rows: "QuerySet[Any, Any]") -> list[Row]:
        found = read_rows(rows, SellingCentreOutput)
        scopes = scopes_of([row["id"] for row in found]) if found else {}
        for row in found:
            row["scopes"] = [_scope(scope) for scope in scopes.get(row["id"], [])]
        return found


def _scope(scope: PlaceScope) -> dict[str, Any]:
    return {
        "product_line": scope.product_line_id,
        "segment": scope.segment_id,
        "region": scope.region or None,
    }


class SellingCentreListApi(_PlaceRows, CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "team.change"}
    Input, Output = SellingCentreInput, SellingCentreShown
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "user": IdFilter("member__user_id"),
            "employee": IdFilter("employee_id"),
            "without_login": NullFilter("member", help="Only employees without a login, or only the others."),
            "role": Filter("role", SellingRole.values),
            "level": Filter("level", Seniority.values),
            "is_lead": FlagFilter("is_lead"),
            "is_temporary": FlagFilter("is_temporary"),
        },
        ordering={name: name for name in ("role", "is_lead", "valid_from", "valid_to", "created_at")},
        default="-is_lead,role",
    )

    def create(self, values: dict[str, Any]) -> SellingCenterMember:
        return selling_center_add(principal=self.principal, values=values)


class SellingCentreDetailApi(_PlaceRows, DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "team.change", "DELETE": "team.change"}
    Input, Output = SellingCentreInput, SellingCentreShown

    def update(self, obj: SellingCenterMember, values: dict[str, Any], if_match: Any) -> None:
        selling_center_update(principal=self.principal, person=obj, values=values, if_match=if_match)

    def remove(self, obj: SellingCenterMember, if_match: Any) -> None:
        selling_center_remove(principal=self.principal, person=obj, if_match=if_match)


class EmployeeOutput(serializers.Serializer[Any]):
    """Somebody of ours without a login."""

    id = Id()
    name = Text()
    email = Text(allow_null=True)
    title = Text(allow_null=True)
    left_on = Day(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EmployeeInput(StrictSerializer):
    name = Text(max_length=150)
    email = Text(max_length=254, allow_null=True, required=False, help_text="Unique in the tenant.")
    title = Text(max_length=200, allow_null=True, required=False)
    left_on = Day(allow_null=True, required=False, help_text="No longer with us since.")


EmployeeInput.ignored = read_only(EmployeeOutput, EmployeeInput)


class EmployeeListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "team.change"}
    Input, Output = EmployeeInput, EmployeeOutput
    query = ListQuery(
        filters={
            "email": Filter("email"),
            "left": NullFilter("left_on", help="false = only those who have left; true = only the others."),
        },
        search=("name", "title", "email"),
        ordering={name: name for name in ("name", "left_on", "created_at")},
        default="name",
    )

    def rows(self) -> Any:
        return employee_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Employee:
        return employee_create(principal=self.principal, values=values)


class EmployeeDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "team.change", "DELETE": "team.change"}
    Input, Output = EmployeeInput, EmployeeOutput

    def rows(self) -> Any:
        return employee_visible(self.principal)

    def find(self, request: Any, pk: Any) -> Any:
        """An employee hangs on no account: whoever may change some selling centre may change them."""
        found = self.rows().filter(pk=pk).first()
        if found is None:
            raise Http404
        return found

    def update(self, obj: Employee, values: dict[str, Any], if_match: Any) -> None:
        employee_update(principal=self.principal, employee=obj, values=values, if_match=if_match)

    def remove(self, obj: Employee, if_match: Any) -> None:
        employee_delete(principal=self.principal, employee=obj, if_match=if_match)
