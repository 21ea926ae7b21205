"""`reviews/` and `review-actions/`: what was looked at, what had changed, what was decided (K33)."""

import uuid
from typing import Any

from django.http import Http404
from django.utils import timezone
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kam.common.api.fields import Choice, Day, Flag, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import DayFilter, Filter, IdFilter, ListQuery, NullFilter
from kam.common.api.views import CreateListApi, DetailApi, KamApi, RowsApi
from planning.models import Review, ReviewAction, ReviewKind
from planning.selectors.review_dates import reviews_due_visible
from planning.selectors.reviews import review_action_visible, review_areas, review_visible
from planning.services.reviews import (
    review_action_create,
    review_action_delete,
    review_action_update,
    review_create,
    review_delete,
    review_freeze,
    review_update,
)


def _attendees(**options: Any) -> serializers.ListField:
    return serializers.ListField(child=Text(max_length=160), max_length=60, **options)


class ReviewOutput(serializers.Serializer[Any]):
    """One review. `result` is empty until it is frozen; then it holds areas, state and actions as they were."""

    id = Id()
    account = Id(source="account_id")
    kind = Choice(choices=ReviewKind.choices)
    status = Choice(choices=Review.Status.choices)
    due_on = Day()
    held_on = Day(allow_null=True)
    attendees = _attendees()
    summary = Text(allow_null=True)
    unchanged_reason = Text(allow_null=True)
    previous = Id(source="previous_id", allow_null=True)
    since = serializers.DateTimeField(allow_null=True, help_text="When the previous one was frozen.")
    frozen_at = serializers.DateTimeField(allow_null=True)
    frozen_by = Id(source="frozen_by.user_id", allow_null=True, help_text="User id of a member.")
    result = serializers.JSONField()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ReviewInput(StrictSerializer):
    """What may be written while it is open."""

    account = Id()
    kind = Choice(choices=ReviewKind.choices, required=False)
    due_on = Day(required=False)
    held_on = Day(allow_null=True, required=False)
    attendees = _attendees(required=False)
    summary = Text(max_length=20_000, allow_null=True, required=False)
    unchanged_reason = Text(max_length=2000, allow_null=True, required=False)


ReviewInput.ignored = read_only(ReviewOutput, ReviewInput)


class ReviewListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ReviewInput, ReviewOutput
    errors = (409,)
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "kind": Filter("kind", ReviewKind.values),
            "status": Filter("status", Review.Status.values),
            "due_to": DayFilter("due_on__lte"),
        },
        search=("summary",),
        ordering={name: name for name in ("due_on", "held_on", "created_at", "updated_at")},
        default="-due_on",
    )

    def rows(self) -> Any:
        return review_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Review:
        return review_create(principal=self.principal, values=values)


class ReviewDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ReviewInput, ReviewOutput
    errors = (409,)

    def rows(self) -> Any:
        return review_visible(self.principal).select_related("account")

    def update(self, obj: Review, values: dict[str, Any], if_match: Any) -> None:
        review_update(principal=self.principal, review=obj, values=values, if_match=if_match)

    def remove(self, obj: Review, if_match: Any) -> None:
        review_delete(principal=self.principal, review=obj, if_match=if_match)


class ReviewFreezeApi(RowsApi):
    """Close a review for ever. Answers it as it is kept."""

    permissions = {"POST": "accounts.change"}
    errors = (404, 409)

    class Input(StrictSerializer):
        held_on = Day()

    Output = ReviewOutput

    def rows(self) -> Any:
        return review_visible(self.principal).select_related("account")

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        review = self.find(request, pk)
        held_on = self.parse(request)["held_on"]
        review_freeze(
            principal=self.principal, review=review, held_on=held_on, if_match=self.if_match(request)
        )
        return self.show(request, pk)


class AreaChange(serializers.Serializer[Any]):
    label = Text()  # type: ignore[assignment]
    old = Text()
    new = Text()


class AreaEntry(serializers.Serializer[Any]):
    name = Text()
    kind = Text(help_text="created, changed or deleted")
    who = Text()
    at = serializers.CharField()
    changes = AreaChange(many=True)


class Area(serializers.Serializer[Any]):
    """`must`: this kind of review looks at it; `suspicious`: it must, and nothing has changed."""

    key = Text()
    label = Text()  # type: ignore[assignment]
    must = Flag()
    suspicious = Flag()
    unchanged = Text()
    entries = AreaEntry(many=True)


class ReviewChangesApi(KamApi):
    """What has changed since the previous review: now while it is open, as it was once it is frozen."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Output(serializers.Serializer[Any]):
        since = serializers.DateTimeField(allow_null=True)
        areas = Area(many=True)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        review = review_visible(self.principal).filter(pk=pk).first()
        if review is None:
            raise Http404
        if review.status == Review.Status.FROZEN:
            areas = review.result.get("areas", [])
        else:
            areas = review_areas(account_id=review.account_id, kind=review.kind, since=review.since)
        return Response({"since": review.since, "areas": areas})


class ReviewsDueApi(KamApi):
    """The next review of each kind of every key account that the member sees, the most overdue first."""

    permissions = {"GET": "accounts.view"}

    class Output(serializers.Serializer[Any]):
        class Due(serializers.Serializer[Any]):
            account = Id()
            account_name = Text()
            kind = Choice(choices=ReviewKind.choices)
            due_on = Day()
            days = Whole(help_text="Days until then; negative when overdue.")
            last_on = Day(allow_null=True)
            review = Id(allow_null=True, help_text="The one that is open already.")

        results = Due(many=True)

    def get(self, request: Request) -> Response:
        today = timezone.localdate()
        found = [
            {
                "account": due.account_id,
                "account_name": due.account_name,
                "kind": due.kind,
                "due_on": due.due_on,
                "days": due.days(today),
                "last_on": due.last_on,
                "review": due.review_id,
            }
            for due in reviews_due_visible(self.principal)
        ]
        return Response({"results": found})


class ReviewActionOutput(serializers.Serializer[Any]):
    id = Id()
    review = Id(source="review_id")
    account = Id(source="account_id")
    text = Text()
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id of a member.")
    due_on = Day(allow_null=True)
    done_on = Day(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ReviewActionInput(StrictSerializer):
    review = Id()
    text = Text(max_length=500)
    owner = Id(allow_null=True, required=False)
    due_on = Day(allow_null=True, required=False)
    done_on = Day(allow_null=True, required=False)


ReviewActionInput.ignored = read_only(ReviewActionOutput, ReviewActionInput)


class ReviewActionListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = ReviewActionInput, ReviewActionOutput
    errors = (409,)
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "review": IdFilter("review_id"),
            "owner": IdFilter("owner__user_id"),
            "open": NullFilter("done_on", help="Only those not done yet, or only the others."),
        },
        search=("text",),
        ordering={name: name for name in ("due_on", "done_on", "created_at")},
        default="due_on",
    )

    def rows(self) -> Any:
        return review_action_visible(self.principal)

    def create(self, values: dict[str, Any]) -> ReviewAction:
        return review_action_create(principal=self.principal, values=values)


class ReviewActionDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = ReviewActionInput, ReviewActionOutput
    errors = (409,)

    def rows(self) -> Any:
        return review_action_visible(self.principal).select_related("account")

    def update(self, obj: ReviewAction, values: dict[str, Any], if_match: Any) -> None:
        review_action_update(principal=self.principal, action=obj, values=values, if_match=if_match)

    def remove(self, obj: ReviewAction, if_match: Any) -> None:
        review_action_delete(principal=self.principal, action=obj, if_match=if_match)
