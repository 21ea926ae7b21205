"""`people/{id}/personal-data/`: hand out or erase what is stored about one person."""

import uuid
from typing import Any

from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from buying_center.selectors.people import person_visible
from buying_center.services.personal_data import person_erase, person_export
from kam.common.api.views import KamApi


class PersonalDataOutput(serializers.Serializer[Any]):
    """Everything stored about one person, as it is stored; rows carry their table's own columns."""

    exported_at = serializers.DateTimeField()
    person = serializers.DictField()
    contacts = serializers.ListField(child=serializers.DictField())
    roles = serializers.ListField(child=serializers.DictField())
    influence_links = serializers.ListField(child=serializers.DictField())
    analysis = serializers.DictField()
    history = serializers.DictField()


class PersonalDataApi(KamApi):
    """`person` of a contact names the person."""

    permissions = {"GET": "people.personal_data", "DELETE": "people.personal_data"}
    Output = PersonalDataOutput
    errors = (409,)

    def _check(self, pk: uuid.UUID) -> None:
        if not person_visible(self.principal).filter(pk=pk).exists():
            raise Http404

    @extend_schema(responses={200: PersonalDataOutput})
    def get(self, request: Request, pk: uuid.UUID) -> Response:
        self._check(pk)
        return Response(person_export(principal=self.principal, person_id=pk))

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: uuid.UUID) -> Response:
        self._check(pk)
        person_erase(principal=self.principal, person_id=pk)
        return Response(status=204)
