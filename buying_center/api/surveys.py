"""`surveys/`: asking one person of the customer how they see us (K9)."""

import uuid
from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Ladder
from buying_center.models import PulseSurvey
from buying_center.selectors.surveys import survey_visible
from buying_center.services.surveys import DAYS, MOST_DAYS, survey_ask, survey_revoke
from kam.common.api.etag import version_tag
from kam.common.api.fields import Choice, Flag, Id, StrictSerializer, Text, Whole
from kam.common.api.filters import Filter, FlagFilter, IdFilter, ListQuery
from kam.common.api.views import ListApi, ReadApi, RowsApi
from kam.tenancy.answer_links import STATES

STATE_CHOICES = [(state, state) for state in STATES]


class SurveyOutput(serializers.Serializer[Any]):
    """One survey. `ladder` is what the customer said, `ladder_ours` what we thought on that day."""

    id = Id()
    account = Id(source="account_id")
    contact = Id(source="contact_id", allow_null=True)
    contact_name = Text()
    contact_email = Text(allow_null=True)
    state = Choice(choices=STATE_CHOICES)
    sent = Flag(help_text="By e-mail; false: whoever asked handed the link over.")
    asked_by = Id(source="asked_by.user_id", help_text="User id of a member.")
    asked_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()
    opened_at = serializers.DateTimeField(allow_null=True)
    revoked_at = serializers.DateTimeField(allow_null=True)
    answered_at = serializers.DateTimeField(allow_null=True)
    ladder = Choice(choices=Ladder.choices, allow_null=True)
    ladder_ours = Choice(choices=Ladder.choices, allow_null=True)
    recommends = Whole(allow_null=True, help_text="0–10.")
    satisfied = Whole(allow_null=True, help_text="1–5.")
    comment = Text(allow_null=True)


class SurveyAsked(SurveyOutput):
    """The survey, and once its link where nobody sends it by e-mail."""

    link = serializers.CharField(allow_null=True)


def _tag(row: dict[str, Any]) -> str:
    return version_tag(row["id"], row["state"])


class SurveyListApi(ListApi):
    """GET lists; POST asks a contact. With `send` (the default) the link goes to their mailbox and is not answered
    here; without it the link is answered once, to be handed over. Never kept for an Idempotency-Key."""

    permissions = {"GET": "accounts.view", "POST": "accounts.change"}
    Output = SurveyOutput
    keeps_answers = False
    errors = (409,)
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "contact": IdFilter("contact_id"),
            "state": Filter("state", list(STATES)),
            "sent": FlagFilter("sent"),
        },
        search=("contact_name",),
        ordering={name: name for name in ("asked_at", "answered_at", "expires_at", "contact_name")},
        default="-asked_at",
    )

    class Input(StrictSerializer):
        contact = Id()
        contact_email = serializers.EmailField(max_length=254, required=False, allow_blank=True)
        days = Whole(min_value=1, max_value=MOST_DAYS, required=False, default=DAYS)
        send = Flag(required=False, default=True)

    def rows(self) -> Any:
        return survey_visible(self.principal)

    def tag_of(self, row: dict[str, Any]) -> str:
        return _tag(row)

    def post(self, request: Request) -> Response:
        values = self.parse(request)
        survey, link = survey_ask(principal=self.principal, contact_id=values.pop("contact"), **values)
        row = self.read(self.rows().filter(pk=survey.pk))[0]
        body = {**row, "link": None if survey.sent else link}
        headers = {"Location": f"{request.path}{survey.pk}/", "Cache-Control": "no-store", "ETag": _tag(row)}
        return Response(body, status=201, headers=headers)


class _SurveyRows(RowsApi):
    """Surveys as this member may see them."""

    Output = SurveyOutput

    def rows(self) -> Any:
        return survey_visible(self.principal)

    def tag_of(self, row: dict[str, Any]) -> str:
        return _tag(row)


class SurveyDetailApi(_SurveyRows, ReadApi):
    """One survey."""

    permissions = {"GET": "accounts.view"}
    errors = (404,)


class SurveyRevokeApi(_SurveyRows):
    """POST takes the link back: it works no more."""

    permissions = {"POST": "accounts.change"}
    errors = (404, 409)

    def post(self, request: Request, pk: uuid.UUID) -> Response:
        survey: PulseSurvey = self.find(request, pk)
        survey_revoke(principal=self.principal, survey=survey)
        return self.show(request, pk)
