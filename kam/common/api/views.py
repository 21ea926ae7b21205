"""Base classes of the REST views: parse → call → show, about ten lines per resource.

A view names its `permissions` by method, its `Input` and `Output` serializers (nested classes), and `rows()`,
the queryset of what this principal may see, from a selector. What is not in `rows()` answers 404, whether it
belongs to another tenant, to another team, or does not exist.
"""

import uuid
from abc import ABC, abstractmethod
from typing import Any, ClassVar

from django.db.models import Model, QuerySet
from django.http import Http404
from rest_framework.exceptions import MethodNotAllowed, ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer
from rest_framework.views import APIView

from kam.common.api import etag
from kam.common.api.filters import ListQuery
from kam.common.api.idempotency import idempotent
from kam.common.api.pagination import LedgerCursorPagination, PageNumberPagination
from kam.common.api.renderers import LenientNegotiation
from kam.common.api.rows import Row, read_rows

AnySerializer = type[Serializer[Any]]


class KamApi(APIView):
    """Any view of ours.

    With `BulkOutput` POST takes an Input or a list of them, at most `bulk_limit`, which it answers with that.
    `keeps_answers=False` takes POST out of the Idempotency-Key store (answers that hold a secret).
    `tagged_object`: answers carry an ETag; `requires_if_match`: writes are refused without one. For the
    schema `success` names the status of POST, `errors` the problem statuses beyond the usual ones.
    """

    permissions: ClassVar[dict[str, str]] = {}
    Input: ClassVar[AnySerializer | None] = None
    Output: ClassVar[AnySerializer | None] = None
    BulkOutput: ClassVar[AnySerializer | None] = None
    bulk_limit: ClassVar[int] = 10_000
    keeps_answers: ClassVar[bool] = True
    requires_if_match: ClassVar[bool] = False
    tagged_object: ClassVar[bool] = False
    success: ClassVar[int] = 200
    errors: ClassVar[tuple[int, ...]] = ()
    metadata_class = None
    content_negotiation_class = LenientNegotiation
    http_method_names = ["get", "post", "put", "patch", "delete", "head"]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "post" in cls.__dict__ and cls.keeps_answers:
            cls.post = idempotent(cls.__dict__["post"])  # type: ignore[attr-defined]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = str(request.method).lower()
        if method not in self.http_method_names or not hasattr(self, method):
            self.format_kwarg = None
            raise MethodNotAllowed(str(request.method))
        super().initial(request, *args, **kwargs)

    @property
    def principal(self) -> Any:
        """Who asks (`kam.tenancy.access.Principal`); None for nobody."""
        return self.request.principal  # type: ignore[attr-defined]

    def parse(
        self, request: Request, serializer: AnySerializer | None = None, *, partial: bool = False
    ) -> dict[str, Any]:
        """The body, validated by `serializer` (default: the view's Input). Raises ValidationError (400)."""
        reader = serializer or self.Input
        assert reader is not None, "A view that parses names its Input."
        if not isinstance(request.data, dict):
            raise ValidationError("Expected a JSON object.")
        parsed = reader(data=request.data, partial=partial, context={"principal": self.principal})
        parsed.is_valid(raise_exception=True)
        return dict(parsed.validated_data)

    def parse_query(self, request: Request, serializer: AnySerializer) -> dict[str, Any]:
        """The query string, validated by a serializer. Raises ValidationError (400) naming the parameter."""
        params = request.query_params
        repeated = [name for name in params if len(params.getlist(name)) > 1]
        if repeated:
            raise ValidationError({name: ["Given more than once."] for name in repeated})
        parsed = serializer(data=params.dict())
        parsed.is_valid(raise_exception=True)
        return dict(parsed.validated_data)

    def if_match(self, request: Request) -> etag.IfMatch | None:
        """The precondition of this write, for the service to check under its lock."""
        return etag.IfMatch.of(request.headers.get("If-Match"), required=self.requires_if_match)

    def tagged(self, request: Request, body: Any, tag: str, *, status: int = 200) -> Response:
        """An answer with its ETag; 304 without a body where the reader has it."""
        headers = {"ETag": tag}
        if request.method in ("GET", "HEAD") and etag.not_modified(request.headers.get("If-None-Match"), tag):
            return Response(status=304, headers=headers)
        return Response(body, status=status, headers=headers)


class RowsApi(KamApi, ABC):
    """Views over a table."""

    tagged_object = True

    @abstractmethod
    def rows(self) -> "QuerySet[Any, Any]":
        """What the principal may see."""

    def read(self, rows: "QuerySet[Any, Any]") -> list[Row]:
        """Rows as the Output shows them, in one query. Views add to them set by set, never row by row."""
        assert self.Output is not None
        return read_rows(rows, self.Output)

    def tag_of(self, row: Row) -> str:
        """The strong entity tag of one row as answered."""
        return etag.version_tag(row["id"], row["version"])

    def show(self, request: Request, pk: Any, *, status: int = 200) -> Response:
        """One object with its ETag; 201 tells its Location. Raises Http404."""
        found = self.read(self.rows().filter(pk=pk))
        if not found:
            raise Http404
        row = found[0]
        response = self.tagged(request, row, self.tag_of(row), status=status)
        if status == 201:
            response["Location"] = f"{request.path}{row['id']}/"
        return response

    def find(self, request: Request, pk: Any) -> Any:
        """The object to write to: 404 unless visible, then 403 unless the principal may."""
        found: Model | None = self.rows().filter(pk=pk).first()
        if found is None:
            raise Http404
        self.check_object_permissions(request, found)
        return found


class ListApi(RowsApi):
    """`GET` a list; with `create` also `POST` one."""

    query: ClassVar[ListQuery] = ListQuery()
    pagination_class: ClassVar[Any] = PageNumberPagination
    success = 201

    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.query.apply(request, self.rows())
        return Response(self.pagination_class().page_of(request, rows, self.read))


class CursorListApi(ListApi):
    """A list too long to count."""

    pagination_class = LedgerCursorPagination


class CreateListApi(ListApi):
    """A list that takes new objects."""

    @abstractmethod
    def create(self, values: dict[str, Any]) -> Any:
        """Call the service. Returns the new object."""

    def post(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        created = self.create(self.parse(request))
        return self.show(request, created.pk, status=201)


class ReadApi(RowsApi):
    """`GET` one object."""

    def get(self, request: Request, pk: uuid.UUID, *args: Any, **kwargs: Any) -> Response:
        return self.show(request, pk)


class DetailApi(ReadApi):
    """One object: read it, change it, delete it; If-Match guards the writes."""

    @abstractmethod
    def update(self, obj: Any, values: dict[str, Any], if_match: etag.IfMatch | None) -> None:
        """Call the service, which locks the row and checks the precondition."""

    @abstractmethod
    def remove(self, obj: Any, if_match: etag.IfMatch | None) -> None:
        """Call the service, which locks the row and checks the precondition."""

    def patch(self, request: Request, pk: uuid.UUID, *args: Any, **kwargs: Any) -> Response:
        obj = self.find(request, pk)
        self.update(obj, self.parse(request, partial=True), self.if_match(request))
        return self.show(request, pk)

    def delete(self, request: Request, pk: uuid.UUID, *args: Any, **kwargs: Any) -> Response:
        self.remove(self.find(request, pk), self.if_match(request))
        return Response(status=204)
