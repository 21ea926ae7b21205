"""`plans/`: account plans and their life cycle (K32)."""

import uuid
from collections.abc import Callable
from typing import Any, ClassVar

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Flag, Id, StrictSerializer, Text
from kam.common.api.filters import Filter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi, KamApi, ListApi, ReadApi, RowsApi
from planning.api.plan_shapes import PlanInput, PlanOutput
from planning.models import Plan, PlanComment, PlanState, SectionKey
from planning.selectors.plans import plan_find, plan_visible
from planning.services.plan_comments import comment_add, comment_resolve
from planning.services.plan_lifecycle import (
    plan_activate,
    plan_approve,
    plan_return,
    plan_submit,
    plan_withdraw,
)
from planning.services.plans import plan_create, plan_delete, plan_update


def plan_of(view: KamApi, pk: uuid.UUID) -> Plan:
    """The plan that a path names. Raises Http404."""
    plan = plan_find(view.principal, pk)
    if plan is None:
        raise Http404
    return plan


class PlanListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = PlanInput, PlanOutput
    query = ListQuery(
        filters={"account": IdFilter("account_id"), "state": Filter("state", PlanState.values)},
        search=("title",),
        ordering={name: name for name in ("title", "starts_on", "created_at", "updated_at")},
        default="-starts_on,-created_at",
    )

    def rows(self) -> Any:
        return plan_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Plan:
        return plan_create(principal=self.principal, values=values)


class PlanDetailApi(DetailApi):
    """Only a draft is changed or deleted, and a plan with a kept version is never deleted (409)."""

    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = PlanInput, PlanOutput

    def rows(self) -> Any:
        return plan_visible(self.principal).select_related("account")

    def update(self, obj: Plan, values: dict[str, Any], if_match: Any) -> None:
        plan_update(principal=self.principal, plan=obj, values=values, if_match=if_match)

    def remove(self, obj: Plan, if_match: Any) -> None:
        plan_delete(principal=self.principal, plan=obj, if_match=if_match)


class _PlanStep(RowsApi):
    """One step of the life cycle, answered with the plan. If-Match is honoured where it is sent."""

    permissions: ClassVar[dict[str, str]] = {"POST": "accounts.change"}
    Input: ClassVar[Any] = None
    Output = PlanOutput
    errors = (404, 409, 412)
    step: ClassVar[Callable[..., Plan]]

    def rows(self) -> Any:
        return plan_visible(self.principal).select_related("account")

    def take(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        values = self.parse(request) if self.Input is not None else {}
        type(self).step(principal=self.principal, plan=plan, if_match=self.if_match(request), **values)
        return self.show(request, pk)


class PlanSubmitApi(_PlanStep):
    """Draft → in review; keeps a version."""

    step = staticmethod(plan_submit)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.take(request, pk)


class PlanWithdrawApi(_PlanStep):
    """In review → draft, by the account's own people."""

    step = staticmethod(plan_withdraw)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.take(request, pk)


class PlanReturnApi(_PlanStep):
    """In review → draft, by an approver who says what to change."""

    permissions = {"POST": "plans.approve"}
    step = staticmethod(plan_return)

    class Input(StrictSerializer):
        comment = Text(max_length=4000)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.take(request, pk)


class PlanApproveApi(_PlanStep):
    """In review → approved, never by whoever submitted it (403 `own_submission`); keeps a version."""

    permissions = {"POST": "plans.approve"}
    step = staticmethod(plan_approve)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.take(request, pk)


class PlanActivateApi(_PlanStep):
    """Approved → active; the plan that was active is superseded."""

    permissions = {"POST": "plans.activate"}
    step = staticmethod(plan_activate)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        return self.take(request, pk)


class CommentOutput(serializers.Serializer[Any]):
    """`section` null = about the whole plan; `author`, `resolved_by`: user ids."""

    id = Id()
    plan = Id(source="plan_id")
    section = Text(allow_null=True)
    kind = Text()
    body = Text()
    author = Id(source="author.user_id", allow_null=True)
    created_at = serializers.DateTimeField()
    resolved_at = serializers.DateTimeField(allow_null=True)
    resolved_by = Id(source="resolved_by.user_id", allow_null=True)
    version = serializers.IntegerField()


def _comments(plan: Plan) -> Any:
    return PlanComment.objects.filter(tenant_id=plan.tenant_id, plan_id=plan.pk)


class PlanCommentsApi(ListApi):
    """What was said about a plan. Everybody who sees it may say something."""

    permissions = {"GET": "accounts.view", "POST": "plans.comment"}
    Output = CommentOutput
    query = ListQuery(
        filters={"section": Filter("section", SectionKey.values)},
        ordering={"created_at": "created_at"},
        default="created_at",
    )

    class Input(StrictSerializer):
        section = serializers.ChoiceField(choices=SectionKey.choices, required=False, allow_null=True)
        body = Text(max_length=4000)

    def rows(self) -> Any:
        return _comments(plan_of(self, self.kwargs["pk"]))

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        plan = plan_of(self, pk)
        values = self.parse(request)
        made = comment_add(
            principal=self.principal, plan=plan, body=values["body"], section=values.get("section") or ""
        )
        return self.show(request, made.pk, status=201)


class PlanCommentApi(ReadApi):
    """Settle a comment, or open it again."""

    permissions = {"GET": "accounts.view", "PATCH": "plans.comment"}
    Output = CommentOutput

    class Input(StrictSerializer):
        resolved = Flag()

    def rows(self) -> Any:
        return _comments(plan_of(self, self.kwargs["plan_id"]))

    def get(self, request: Request, pk: uuid.UUID, *args: Any, **kwargs: Any) -> Response:
        return self.show(request, pk)

    def patch(self, request: Request, plan_id: uuid.UUID, pk: uuid.UUID) -> Response:
        plan = plan_of(self, plan_id)
        self.find(request, pk)
        resolved = self.parse(request)["resolved"]
        comment_resolve(
            principal=self.principal,
            plan=plan,
            comment_id=pk,
            resolved=resolved,
            if_match=self.if_match(request),
        )
        return self.show(request, pk)
