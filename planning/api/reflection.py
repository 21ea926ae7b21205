"""`reflection-questions/`, `reflection-answers/`, `accounts/{id}/reflection/`: strategic reflection (K17)."""

import uuid
from typing import Any

from django.http import Http404
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.selectors.accounts import account_find
from kam.common.api.fields import Choice, Day, Flag, Id, Ratio, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import DayFilter, Filter, FlagFilter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi, KamApi
from kam.tenancy.api_history import HistoryApi
from planning.models import (
    AnswerState,
    Confidence,
    KnownFrom,
    ReflectionAnswer,
    ReflectionQuestion,
    ReflectionSet,
)
from planning.selectors.proposals import proposals_of
from planning.selectors.reflection import answer_visible, question_list, reflection_of
from planning.services.reflection import (
    answer_create,
    answer_delete,
    answer_update,
    question_create,
    question_delete,
    question_update,
)


class QuestionOutput(serializers.Serializer[Any]):
    id = Id()
    code = Text(help_text="Stable: of the bank (ENV-1), or OWN-n.")
    set = Choice(choices=ReflectionSet.choices)
    text = Text()
    known_from = Choice(choices=KnownFrom.choices, allow_null=True, help_text="What proposes an answer.")
    is_own = Flag()
    is_active = Flag()
    position = Whole()
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class QuestionInput(StrictSerializer):
    set = Choice(choices=ReflectionSet.choices)
    text = Text(max_length=500)
    is_active = Flag(required=False)
    position = Whole(required=False, min_value=0)


QuestionInput.ignored = read_only(QuestionOutput, QuestionInput)


class QuestionListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "settings.change"}
    Input, Output = QuestionInput, QuestionOutput
    query = ListQuery(
        filters={
            "code": Filter("code"),
            "set": Filter("set", ReflectionSet.values),
            "is_own": FlagFilter("is_own"),
            "is_active": FlagFilter("is_active"),
        },
        search=("text", "code"),
        ordering={name: name for name in ("position", "code", "created_at")},
        default="position",
    )

    def rows(self) -> Any:
        return question_list()

    def create(self, values: dict[str, Any]) -> ReflectionQuestion:
        return question_create(principal=self.principal, values=values)


class QuestionDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "settings.change", "DELETE": "settings.change"}
    Input, Output = QuestionInput, QuestionOutput

    def rows(self) -> Any:
        return question_list()

    def update(self, obj: ReflectionQuestion, values: dict[str, Any], if_match: Any) -> None:
        question_update(principal=self.principal, question=obj, values=values, if_match=if_match)

    def remove(self, obj: ReflectionQuestion, if_match: Any) -> None:
        question_delete(principal=self.principal, question=obj, if_match=if_match)


class AnswerOutput(serializers.Serializer[Any]):
    id = Id()
    account = Id(source="account_id")
    question = Id(source="question_id")
    question_code = Text(source="question.code")
    state = Choice(choices=AnswerState.choices, help_text="An answer without a text is unknown.")
    text = Text(allow_null=True)
    source = Text(allow_null=True)  # type: ignore[assignment]
    confidence = Choice(choices=Confidence.choices, allow_null=True)
    known_on = Day(allow_null=True, help_text="The day it held.")
    from_ledger = Flag()
    author = Id(source="author.user_id", allow_null=True, help_text="User id of a member.")
    author_name = Text(source="author.user.name", allow_null=True)
    owner = Id(source="owner.user_id", allow_null=True, help_text="Who finds out what is unknown.")
    due = Day(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class AnswerInput(StrictSerializer):
    """Without a text it is unknown: work, with an owner and a due date."""

    account = Id()
    question = Id()
    text = Text(max_length=4000, allow_null=True, required=False)
    source = Text(max_length=300, allow_null=True, required=False)  # type: ignore[assignment]
    confidence = Choice(choices=Confidence.choices, allow_null=True, allow_blank=True, required=False)
    known_on = Day(allow_null=True, required=False)
    owner = Id(allow_null=True, required=False)
    due = Day(allow_null=True, required=False)


AnswerInput.ignored = read_only(AnswerOutput, AnswerInput)


class AnswerListApi(CreateListApi):
    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Input, Output = AnswerInput, AnswerOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "question": IdFilter("question_id"),
            "code": Filter("question__code"),
            "set": Filter("question__set", ReflectionSet.values),
            "state": Filter("state", AnswerState.values),
            "owner": IdFilter("owner__user_id"),
            "due_until": DayFilter("due__lte"),
        },
        search=("text", "source"),
        ordering={name: name for name in ("created_at", "updated_at", "due", "known_on")},
        default="created_at",
    )

    def rows(self) -> Any:
        return answer_visible(self.principal)

    def create(self, values: dict[str, Any]) -> ReflectionAnswer:
        return answer_create(principal=self.principal, values=values)


class AnswerDetailApi(DetailApi):
    permissions = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
    Input, Output = AnswerInput, AnswerOutput

    def rows(self) -> Any:
        return answer_visible(self.principal).select_related("account", "question")

    def update(self, obj: ReflectionAnswer, values: dict[str, Any], if_match: Any) -> None:
        answer_update(principal=self.principal, answer=obj, values=values, if_match=if_match)

    def remove(self, obj: ReflectionAnswer, if_match: Any) -> None:
        answer_delete(principal=self.principal, answer=obj, if_match=if_match)


class AnswerHistoryApi(HistoryApi):
    permissions = {"GET": "accounts.view"}
    model = ReflectionAnswer

    def rows(self) -> Any:
        return answer_visible(self.principal)


class CoverageOutput(serializers.Serializer[Any]):
    total = Whole()
    answered = Whole()
    unknown = Whole()
    untouched = Whole()
    ratio = Ratio(allow_null=True)


class SetOutput(CoverageOutput):
    key = Choice(choices=ReflectionSet.choices)


class ProposalOutput(serializers.Serializer[Any]):
    question = Id()
    code = Text()
    text = Text()
    since = Day()
    until = Day()


class ReflectionApi(KamApi):
    """How far one account is reflected upon, and what the ledger and the map of people propose as answers."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)

    class Output(serializers.Serializer[Any]):
        account = Id()
        coverage = CoverageOutput(help_text="The five lists and the tenant's own questions.")
        sets = SetOutput(many=True)
        proposals = ProposalOutput(many=True)

    def get(self, request: Request, pk: uuid.UUID) -> Response:
        account = account_find(self.principal, pk)
        if account is None:
            raise Http404
        state = reflection_of(account=account)
        proposals = proposals_of(account=account)
        asked = {item.question.code: item.question.pk for each in state.sets for item in each.items}
        body = {
            "account": account.pk,
            "coverage": _coverage(state.coverage),
            "sets": [{"key": each.key, **_coverage(each.coverage)} for each in state.sets],
            "proposals": [
                {
                    "question": asked[code],
                    "code": code,
                    "text": proposal.text,
                    "since": proposal.since,
                    "until": proposal.until,
                }
                for code, proposal in proposals.items()
                if code in asked
            ],
        }
        return Response(body)


def _coverage(coverage: Any) -> dict[str, Any]:
    return {
        "total": coverage.total,
        "answered": coverage.answered,
        "unknown": coverage.unknown,
        "untouched": coverage.untouched,
        "ratio": coverage.ratio,
    }
