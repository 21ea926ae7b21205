"""Promise 1: no route reads or writes another tenant's data. Routes come from the URLconf and the OpenAPI schema."""

import re
import uuid
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from drf_spectacular.generators import SchemaGenerator

from accounts.models import Account
from kam.tenancy.context import tenant_context
from tests.isolation.conftest import Asker, rows_written
from tests.isolation.routes import API, BY_KEY, Route, all_routes, our_routes
from tests.isolation.world import foreign_values, unknown_values

# allauth's routes know persons, never tenants. A new one has to be looked at before it is listed here.
ALLAUTH = {
    *("account_login", "account_logout", "account_inactive", "account_signup", "account_reauthenticate"),
    *("account_email", "account_email_verification_sent", "account_change_password", "account_set_password"),
    *("account_reset_password", "account_confirm_login_code", "account_confirm_email"),
    *("account_reset_password_from_key_done", "account_reset_password_from_key"),
    *("account_reset_password_done", "mfa_index", "mfa_authenticate", "mfa_reauthenticate"),
    *("mfa_activate_totp", "mfa_deactivate_totp", "mfa_view_recovery_codes", "mfa_generate_recovery_codes"),
    *("mfa_download_recovery_codes", "mfa_list_webauthn", "mfa_add_webauthn", "mfa_reauthenticate_webauthn"),
    *("mfa_remove_webauthn", "mfa_edit_webauthn", "socialaccount_login_cancelled"),
    *("socialaccount_login_error", "socialaccount_signup", "socialaccount_connections"),
    *("openid_connect_login", "openid_connect_callback", ""),
}
ASKED_AS = ("admin", "executive", "kam", "contributor")

ROUTES = [route for route in our_routes() if route.name not in BY_KEY]
WITH_OBJECTS = [route for route in ROUTES if any(argument.kind == "uuid" for argument in route.arguments)]


def methods_for(route: Route, role: str) -> list[str]:
    """All the API's methods for everybody; a page's unusual ones only for who may most."""
    return [
        method for method in route.methods if route.is_api or role == "admin" or method in ("GET", "POST")
    ]


def test_no_route_is_left_out() -> None:
    """Every route is ours and enumerated, or one of allauth's that somebody has looked at."""
    unknown = [
        f"{route} ({route.name})"
        for route in all_routes()
        if route not in ROUTES and route.name not in ALLAUTH | BY_KEY
    ]
    assert unknown == []
    assert len(WITH_OBJECTS) >= 10


def test_the_schema_and_the_urlconf_name_the_same_api() -> None:
    schema = SchemaGenerator().get_schema(request=None, public=True)
    described = {
        (re.sub(r"\{\w+\}", "{}", path), method.upper())
        for path, operations in schema["paths"].items()
        for method in operations
        if method in ("get", "post", "put", "patch", "delete")
    }
    routed = {
        ("/" + re.sub(r"<[^>]+>", "{}", route.path), method)
        for route in ROUTES
        if route.is_api and route.name not in ("api:schema", "api:docs")
        for method in route.methods
    }
    assert described == routed


@pytest.mark.parametrize("undone", [False, True], ids=["kept", "undone"])
def test_a_write_to_the_other_tenant_would_be_seen(asker: Asker, undone: bool) -> None:
    """The state is read again only where rows were counted: a write inside a savepoint counts, also an undone one."""
    with transaction.atomic():
        counted = rows_written()
        assert rows_written() == counted
        with tenant_context(asker.foreign.tenant.id), transaction.atomic():
            assert Account.objects.update(name="Touched")
            transaction.set_rollback(undone)
        assert rows_written() > counted
        assert (asker.state() == asker.before) is undone
        transaction.set_rollback(True)


@pytest.mark.parametrize("route", WITH_OBJECTS, ids=str)
def test_a_foreign_id_answers_like_one_that_does_not_exist(route: Route, asker: Asker) -> None:
    before = asker.state()
    found_own = False
    for role in ASKED_AS:
        for method in methods_for(route, role):
            own = asker.ask(route, method, asker.own.values(route), role=role)
            found_own |= own.status not in (403, 404, 405)
            # Refused before anything is looked up, or not found: never anything else.
            allowed = {404, own.status} if own.status in (403, 405) else {404}
            unknown = asker.ask(route, method, unknown_values(route, asker.own), role=role)
            for values in foreign_values(route, asker.own, asker.foreign):
                answer = asker.ask(route, method, values, role=role)
                asked = f"{role} {method} {route}"
                assert answer.status in allowed, f"{asked}: {answer.status}, expected {allowed}"
                assert answer.status == unknown.status, f"{asked} of an unknown id: {unknown.status}"
                assert answer.shape == unknown.shape, f"{asked} answers differently for a foreign id"
                assert "zzforeign" not in answer.text, f"{asked} tells the other tenant's texts"
                assert answer.foreign_state == before, f"{asked} changed the other tenant's rows"
    assert found_own, f"{route}: nobody finds their own object, so the test would prove nothing"


@pytest.mark.parametrize("route", ROUTES, ids=str)
def test_what_a_route_shows_holds_nothing_of_another_tenant(route: Route, asker: Asker) -> None:
    ids = {str(row.pk) for row in asker.foreign.everything()} | {str(asker.foreign.tenant.pk)}
    before = asker.state()
    for role in ASKED_AS:
        for method in methods_for(route, role) if role == "admin" else route.methods[:1]:
            for values in asker.own.variants(route):
                answer = asker.ask(route, method, values, role=role)
                asked = f"{role} {method} {route.url(values)}"
                assert answer.status < 500 or route.name == "tenancy:readyz", f"{asked}: {answer.status}"
                assert "zzforeign" not in answer.text, asked
                assert not [foreign for foreign in ids if foreign in answer.text], asked
                assert answer.foreign_state == before, asked


def _operations() -> list[tuple[Route, str, dict[str, Any]]]:
    """The API's operations with their description in the schema."""
    schema = SchemaGenerator().get_schema(request=None, public=True)
    by_path = {
        "/" + re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route.path): route for route in ROUTES if route.is_api
    }
    return [
        (by_path[path], method.upper(), _resolve(operation, schema))
        for path, operations in schema["paths"].items()
        for method, operation in operations.items()
        if path in by_path and path.startswith(f"/{API}")
    ]


def _resolve(node: Any, schema: dict[str, Any], depth: int = 0) -> Any:
    """The node with its $refs replaced, six deep."""
    if isinstance(node, list):
        return [_resolve(item, schema, depth) for item in node]
    if not isinstance(node, dict):
        return node
    if "$ref" in node:
        target: Any = schema
        for part in node["$ref"].removeprefix("#/").split("/"):
            target = target[part]
        return _resolve(target, schema, depth + 1) if depth < 6 else {}
    return {key: _resolve(value, schema, depth) for key, value in node.items()}


def _uuid_paths(schema: dict[str, Any], path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    """Where a body may hold an id."""
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            return [found for option in schema[key] for found in _uuid_paths(option, path)]
    if schema.get("format") == "uuid":
        return [path]
    if "items" in schema:
        return _uuid_paths(schema["items"], (*path, "[]"))
    return [
        found
        for name, inner in schema.get("properties", {}).items()
        if not inner.get("readOnly")
        for found in _uuid_paths(inner, (*path, name))
    ]


def _body(schema: dict[str, Any], target: tuple[str, ...], foreign: Any, name: str, own: Any) -> Any:
    """A body with every required member, and with `foreign` where `target` points."""
    for key in ("oneOf", "anyOf", "allOf"):
        if key in schema:
            fitting = [option for option in schema[key] if not target or target in _uuid_paths(option)]
            return _body((fitting or schema[key])[0], target, foreign, name, own)
    if schema.get("format") == "uuid":
        return str(foreign(name)) if target == () else str(own(name))
    if "items" in schema:
        return [_body(schema["items"], target[1:] if target[:1] == ("[]",) else ("-",), foreign, name, own)]
    if "properties" in schema:
        wanted = {*schema.get("required", ()), *target[:1]}
        return {
            key: _body(inner, target[1:] if target[:1] == (key,) else ("-",), foreign, key, own)
            for key, inner in schema["properties"].items()
            if key in wanted and not inner.get("readOnly")
        }
    if "enum" in schema:
        return schema["enum"][0]
    kinds = {"integer": 1, "number": 1, "boolean": True, "array": [], "object": {}}
    if schema.get("format") == "date":
        return "2025-06-01"
    return kinds.get(schema.get("type", ""), "1" if "decimal" in str(schema.get("format")) else "X1")


def test_a_foreign_id_in_a_body_is_refused(asker: Asker) -> None:
    """Every member of every request body that takes an id, filled with the other tenant's object."""
    before = asker.state()
    asked = []
    for route, method, operation in _operations():
        content = operation.get("requestBody", {}).get("content", {})
        schema = content.get("application/json", {}).get("schema", {})
        for path in _uuid_paths(schema):
            own = partial(asker.own.reference, path=route.path)
            foreign = partial(asker.foreign.reference, path=route.path)
            body = _body(schema, path, foreign, path[-1] if path else "", own)
            values = asker.own.values(route)
            answer = asker.ask(route, method, values, data=body)
            where = f"{method} {route} {'.'.join(path)}"
            assert 400 <= answer.status < 500, f"{where}: {answer.status} for {body}: {answer.text[:300]}"
            assert answer.foreign_state == before, where
            assert "zzforeign" not in answer.text, where
            asked.append(where)
    assert len(asked) >= 5, asked


def test_a_foreign_id_in_a_query_finds_nothing(asker: Asker) -> None:
    asked = []
    for route, method, operation in _operations():
        for parameter in operation.get("parameters", []):
            if parameter["in"] != "query" or method != "GET":
                continue
            if parameter["schema"].get("format") != "uuid":
                continue
            foreign = asker.foreign.reference(parameter["name"], route.path)
            values = asker.own.values(route)
            answer = asker.ask(route, method, values, data={parameter["name"]: str(foreign)})
            unknown = asker.ask(route, method, values, data={parameter["name"]: str(uuid.uuid4())})
            where = f"{method} {route}?{parameter['name']}="
            assert answer.status in (200, 400, 404), f"{where}: {answer.status}"
            assert answer.status == unknown.status, where
            assert answer.shape == unknown.shape, f"{where} answers differently for a foreign id"
            assert "zzforeign" not in answer.text, where
            if '"results"' in answer.text:
                assert '"results":[]' in answer.text.replace(" ", ""), f"{where}: {answer.text[:300]}"
            asked.append(where)
    assert asked
