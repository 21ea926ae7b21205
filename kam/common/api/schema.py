"""The OpenAPI schema, made from what the views declare anyway: permissions, Input, Output, filters."""

from typing import Any, Final

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from kam.common.api.exceptions import CONTENT_TYPE
from kam.common.api.fields import StrictSerializer
from kam.common.api.pagination import MAX_PAGE_SIZE, PAGE_SIZE, LedgerCursorPagination
from kam.common.api.views import DetailApi, KamApi, ListApi

PUBLIC = "public"
WRITES = ("POST", "PUT", "PATCH", "DELETE")
HEADER: Final = "header"
QUERY: Final = "query"


_Fault = inline_serializer(
    "ProblemField",
    {
        "field": serializers.CharField(allow_blank=True),
        "code": serializers.CharField(),
        "message": serializers.CharField(),
    },
    many=True,
)
PROBLEM = inline_serializer(
    "Problem",
    {
        "type": serializers.CharField(),
        "title": serializers.CharField(),
        "status": serializers.IntegerField(),
        "detail": serializers.CharField(),
        "errors": _Fault,
    },
)


class KamAutoSchema(AutoSchema):
    """Describes `KamApi` views; other views as the library does.

    A view whose answers do not fit (several media types, files) uses `extend_schema` on the method; the
    problem answers and headers are added to that too.
    """

    def get_tags(self) -> list[str]:
        return [self.path.removeprefix("/api/v1/").split("/")[0]]

    def get_operation_id(self) -> str:
        words = [part for part in self.path.removeprefix("/api/v1/").split("/") if part and "{" not in part]
        verb = {"GET": "read", "POST": "create", "PUT": "replace", "PATCH": "update", "DELETE": "delete"}
        action = "list" if self.method == "GET" and isinstance(self.view, ListApi) else verb[self.method]
        return "_".join([*words, *(["one"] if self.path.rstrip("/").endswith("}") else []), action]).replace(
            "-", "_"
        )

    def get_serializer_name(self, serializer: Any, direction: Any) -> str:
        name = type(serializer).__qualname__.split("<locals>.")[-1]
        return name.replace("Api.", "").replace(".", "").removesuffix("Serializer")

    def get_request_serializer(self) -> Any:
        declared = super().get_request_serializer() if not isinstance(self.view, KamApi) else None
        if declared is not None or not isinstance(self.view, KamApi):
            return declared
        if self.method == "POST" and self.view.BulkOutput is not None:
            return {"application/json": self._one_or_many(self.view)}
        return self.view.Input if self.method in WRITES else None

    def get_response_serializers(self) -> Any:
        view = self.view
        if not isinstance(view, KamApi):
            return super().get_response_serializers()
        if self.method == "DELETE":
            return {204: None}
        if self.method == "POST" and view.BulkOutput is not None:
            answers = [
                self.resolve_serializer(shape, "response").ref
                for shape in (view.Output, view.BulkOutput)
                if shape
            ]
            return {status: {"oneOf": answers} for status in (200, 201)}
        if self.method == "POST":
            return {view.success: view.Output}
        if self.method == "GET" and isinstance(view, ListApi):
            return {200: self._list_schema(view)}
        return {200: view.Output}

    def _one_or_many(self, view: KamApi) -> dict[str, Any]:
        assert view.Input is not None
        one = self.resolve_serializer(view.Input, "request").ref
        return {"oneOf": [one, {"type": "array", "items": one, "maxItems": view.bulk_limit}]}

    def _list_schema(self, view: ListApi) -> dict[str, Any]:
        assert view.Output is not None
        link = {"type": "string", "format": "uri", "nullable": True}
        cursor = view.pagination_class is LedgerCursorPagination
        component = self.resolve_serializer(view.Output, "response")
        return {
            "type": "object",
            "required": ["count", "next", "previous", "results"],
            "properties": {
                "count": {"type": "integer", "nullable": True} if cursor else {"type": "integer"},
                "next": link,
                "previous": link,
                "results": {"type": "array", "items": component.ref},
            },
        }

    def _get_response_bodies(self, direction: Any = "response") -> Any:
        bodies = super()._get_response_bodies(direction)
        problem_schema = self.resolve_serializer(PROBLEM, direction).ref
        tagged = getattr(self.view, "tagged_object", False) and not isinstance(self.view, ListApi)
        if self.method == "GET" and tagged:
            bodies.setdefault("304", {"description": "Not modified: the reader has this version."})
        for status in self._problem_statuses():
            bodies.setdefault(
                str(status),
                {"description": PROBLEMS[status], "content": {CONTENT_TYPE: {"schema": problem_schema}}},
            )
        return dict(sorted(bodies.items()))

    def _problem_statuses(self) -> list[int]:
        view = self.view
        statuses = {400, 429, *getattr(view, "errors", ())}
        needed = getattr(view, "permissions", {}).get(self.method)
        if needed != PUBLIC:
            statuses |= {401, 403}
        if "{" in self.path or isinstance(view, ListApi):
            statuses.add(404)
        if self.method in WRITES:
            statuses |= {409, 413, 415}
        if self.method == "POST" and getattr(view, "keeps_answers", False):
            statuses.add(422)
        if self.method in ("PATCH", "PUT", "DELETE"):
            statuses.add(412)
            if getattr(view, "requires_if_match", False):
                statuses.add(428)
        return sorted(statuses)

    def get_override_parameters(self) -> list[Any]:
        view, found = self.view, list(super().get_override_parameters())
        if not isinstance(view, KamApi):
            return found
        if self.method == "GET" and isinstance(view, ListApi):
            found += _list_parameters(view)
        if self.method == "POST" and view.keeps_answers and view.permissions.get("POST") != PUBLIC:
            found.append(
                OpenApiParameter(
                    "Idempotency-Key",
                    {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$"},
                    HEADER,
                    description="A repeated key answers the first response again for 24 hours.",
                )
            )
        if self.method in ("PATCH", "PUT", "DELETE") and (
            isinstance(view, DetailApi) or view.requires_if_match
        ):
            found.append(
                OpenApiParameter(
                    "If-Match",
                    {"type": "string"},
                    HEADER,
                    required=view.requires_if_match,
                    description="ETag of what was read; a stale one answers 412 and changes nothing.",
                )
            )
        if view.tagged_object:
            tagged = [201] if isinstance(view, ListApi) else [200]
            found.append(
                OpenApiParameter(
                    "ETag", str, HEADER, response=tagged, description="Version of this object, for If-Match."
                )
            )
        return found

    def _postprocess_serializer_schema(self, schema: Any, serializer: Any, direction: Any) -> Any:
        schema = super()._postprocess_serializer_schema(schema, serializer, direction)
        if isinstance(serializer, StrictSerializer) and direction == "request":
            schema["additionalProperties"] = False
            for name in sorted(serializer.ignored):
                schema.setdefault("properties", {}).setdefault(name, {"description": "Read-only: ignored."})
        return schema


PROBLEMS = {
    400: "Something in the request is wrong; `errors` names the fields.",
    401: "No valid token.",
    403: "The role or the token's scopes do not allow it.",
    404: "There is no such object (or it belongs to somebody else).",
    406: "Not acceptable.",
    409: "Something else is under way or stands in the way.",
    412: "It was changed since it was read.",
    413: "The body is too large.",
    415: "Expected application/json.",
    422: "It cannot be carried out, or the Idempotency-Key was used for another request.",
    428: "This write needs If-Match.",
    429: "Too many requests; see Retry-After.",
    503: "Not available at the moment.",
}


def _list_parameters(view: ListApi) -> list[OpenApiParameter]:
    query = view.query
    size = {"type": "integer", "minimum": 1, "default": PAGE_SIZE}
    found = [
        OpenApiParameter(
            "page_size", size, QUERY, description=f"Rows per page; never more than {MAX_PAGE_SIZE}."
        )
    ]
    if view.pagination_class is LedgerCursorPagination:
        found.append(
            OpenApiParameter("cursor", str, QUERY, description="From `next` or `previous` of another answer.")
        )
    else:
        page = {"type": "integer", "minimum": 1, "default": 1}
        found.append(OpenApiParameter("page", page, QUERY, description="A page beyond the last answers 404."))
    if query.search:
        text = {"type": "string", "maxLength": 200}
        found.append(OpenApiParameter("search", text, QUERY, description="Every word must be found."))
    if query.ordering:
        names = [sign + name for name in query.ordering for sign in ("", "-")]
        found.append(
            OpenApiParameter(
                "ordering",
                {"type": "string", "enum": names},
                QUERY,
                description="Several go with commas between.",
            )
        )
    found += [
        OpenApiParameter(name, chosen.openapi(), QUERY, description=chosen.help)
        for name, chosen in query.filters.items()
    ]
    return found
