"""`connections/`, `engagements/`, `activities/`: who of ours knows whom of theirs, and what keeps it fresh (K11)."""

from typing import Any

from rest_framework import serializers

from buying_center.models import Activity, Connection, Engagement
from buying_center.selectors.activities import activity_visible
from buying_center.selectors.connections import connection_visible, engagement_visible
from buying_center.services.activities import MOST_PEOPLE, activity_add, activity_remove, activity_update
from buying_center.services.connections import connection_add, connection_remove, connection_update
from buying_center.services.engagements import engagement_add, engagement_remove, engagement_update
from kam.common.api.fields import Choice, Day, Id, StrictSerializer, Text, Whole, read_only
from kam.common.api.filters import DayFilter, Filter, IdFilter, ListQuery
from kam.common.api.views import CreateListApi, DetailApi

_WRITES = {"GET": "accounts.view", "PATCH": "accounts.change", "DELETE": "accounts.change"}
_LISTS = {"GET": "accounts.view", "POST": "accounts.change"}


class ConnectionOutput(serializers.Serializer[Any]):
    """One of ours and one of theirs. `strength` 1–5 as it is, `desired` as it should be; null = not judged, not
    wanted. `last_contact` comes from `activities/`."""

    id = Id()
    account = Id(source="account_id")
    place = Id(source="place_id", help_text="A place in the selling centre; the first one of that person.")
    contact = Id(source="contact_id")
    strength = Whole(allow_null=True)
    desired = Whole(allow_null=True)
    last_contact = Day(allow_null=True)
    owner = Id(source="owner.user_id", allow_null=True, help_text="User id.")
    next_action = Text(allow_null=True)
    next_action_on = Day(allow_null=True)
    note = Text(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ConnectionInput(StrictSerializer):
    place = Id()
    contact = Id()
    strength = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    desired = Whole(min_value=1, max_value=5, allow_null=True, required=False)
    owner = Id(allow_null=True, required=False)
    next_action = Text(max_length=300, allow_null=True, required=False)
    next_action_on = Day(allow_null=True, required=False)
    note = Text(max_length=4000, allow_null=True, required=False)


ConnectionInput.ignored = read_only(ConnectionOutput, ConnectionInput)


class ConnectionListApi(CreateListApi):
    permissions = _LISTS
    Input, Output = ConnectionInput, ConnectionOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "contact": IdFilter("contact_id"),
            "place": IdFilter("place_id"),
            "owner": IdFilter("owner__user_id"),
        },
        ordering={
            name: name for name in ("strength", "desired", "last_contact", "next_action_on", "created_at")
        },
        default="-strength",
    )

    def rows(self) -> Any:
        return connection_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Connection:
        return connection_add(principal=self.principal, values=values)


class ConnectionDetailApi(DetailApi):
    permissions = _WRITES
    Input, Output = ConnectionInput, ConnectionOutput

    def rows(self) -> Any:
        return connection_visible(self.principal)

    def update(self, obj: Connection, values: dict[str, Any], if_match: Any) -> None:
        connection_update(principal=self.principal, connection=obj, values=values, if_match=if_match)

    def remove(self, obj: Connection, if_match: Any) -> None:
        connection_remove(principal=self.principal, connection=obj, if_match=if_match)


class EngagementOutput(serializers.Serializer[Any]):
    """How we keep in touch with an executive. `next_on` moves on by itself when an activity with both happens."""

    id = Id()
    account = Id(source="contact.account_id")
    contact = Id(source="contact_id")
    place = Id(source="place_id")
    kind = Choice(choices=Engagement.Kind.choices)
    every_weeks = Whole()
    next_on = Day()
    purpose = Text(allow_null=True)
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class EngagementInput(StrictSerializer):
    contact = Id()
    place = Id()
    kind = Choice(choices=Engagement.Kind.choices, required=False)
    every_weeks = Whole(min_value=1, max_value=104)
    next_on = Day()
    purpose = Text(max_length=500, allow_null=True, required=False)


EngagementInput.ignored = read_only(EngagementOutput, EngagementInput)


class EngagementListApi(CreateListApi):
    permissions = _LISTS
    Input, Output = EngagementInput, EngagementOutput
    query = ListQuery(
        filters={
            "account": IdFilter("contact__account_id"),
            "contact": IdFilter("contact_id"),
            "place": IdFilter("place_id"),
            "kind": Filter("kind", Engagement.Kind.values),
            "next_before": DayFilter("next_on__lt"),
        },
        ordering={"next_on": "next_on", "created_at": "created_at"},
        default="next_on",
    )

    def rows(self) -> Any:
        return engagement_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Engagement:
        return engagement_add(principal=self.principal, values=values)


class EngagementDetailApi(DetailApi):
    permissions = _WRITES
    Input, Output = EngagementInput, EngagementOutput

    def rows(self) -> Any:
        return engagement_visible(self.principal)

    def update(self, obj: Engagement, values: dict[str, Any], if_match: Any) -> None:
        engagement_update(principal=self.principal, engagement=obj, values=values, if_match=if_match)

    def remove(self, obj: Engagement, if_match: Any) -> None:
        engagement_remove(principal=self.principal, engagement=obj, if_match=if_match)


class ActivityOutput(serializers.Serializer[Any]):
    """A call, meeting, e-mail or note with its people: `contacts` of theirs, `places` of ours."""

    id = Id()
    account = Id(source="account_id")
    kind = Choice(choices=Activity.Kind.choices)
    happened_on = Day()
    subject = Text()
    text = Text(allow_null=True)
    author = Id(source="author.user_id", allow_null=True, help_text="User id.")
    contacts = serializers.ListField(child=Id())
    places = serializers.ListField(child=Id())
    version = Whole()
    created_at = serializers.DateTimeField()
    updated_at = serializers.DateTimeField()


class ActivityInput(StrictSerializer):
    """`contacts` and `places` replace the whole list."""

    account = Id()
    kind = Choice(choices=Activity.Kind.choices)
    happened_on = Day(help_text="Not in the future.")
    subject = Text(max_length=200)
    text = Text(max_length=20000, allow_null=True, required=False)
    contacts = serializers.ListField(child=Id(), required=False, max_length=MOST_PEOPLE)
    places = serializers.ListField(child=Id(), required=False, max_length=MOST_PEOPLE)


ActivityInput.ignored = read_only(ActivityOutput, ActivityInput)


class ActivityListApi(CreateListApi):
    permissions = _LISTS
    Input, Output = ActivityInput, ActivityOutput
    query = ListQuery(
        filters={
            "account": IdFilter("account_id"),
            "contact": IdFilter("people__contact_id"),
            "place": IdFilter("people__place_id"),
            "kind": Filter("kind", Activity.Kind.values),
            "from": DayFilter("happened_on__gte"),
            "to": DayFilter("happened_on__lte"),
        },
        search=("subject", "text"),
        ordering={"happened_on": "happened_on", "created_at": "created_at"},
        default="-happened_on",
    )

    def rows(self) -> Any:
        return activity_visible(self.principal)

    def create(self, values: dict[str, Any]) -> Activity:
        return activity_add(principal=self.principal, values=values)


class ActivityDetailApi(DetailApi):
    permissions = _WRITES
    Input, Output = ActivityInput, ActivityOutput

    def rows(self) -> Any:
        return activity_visible(self.principal)

    def update(self, obj: Activity, values: dict[str, Any], if_match: Any) -> None:
        activity_update(principal=self.principal, activity=obj, values=values, if_match=if_match)

    def remove(self, obj: Activity, if_match: Any) -> None:
        activity_remove(principal=self.principal, activity=obj, if_match=if_match)
