"""The segments of a customer as a tree: add, rename, move, delete (K6)."""

import uuid
from typing import Any, NamedTuple

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST

from accounts.models import Account, Segment
from accounts.selectors.accounts import account_find
from accounts.selectors.segments import segment_visible
from accounts.services.segments import segment_create, segment_delete, segment_update
from accounts.views.accounts import own_account
from kam.common.api.etag import IfMatch, version_tag
from kam.common.errors import ApplicationError, StaleWriteError
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires


class Node(NamedTuple):
    """A segment in the tree, with its depth and the segments it may move under."""

    segment: Segment
    depth: int
    targets: list[Segment]


def _tree(segments: list[Segment]) -> list[Node]:
    """Segments depth first, in their order; a segment may move under any that does not stand below it."""
    children: dict[uuid.UUID | None, list[Segment]] = {}
    for segment in segments:
        children.setdefault(segment.parent_id, []).append(segment)
    nodes: list[Node] = []
    seen: set[uuid.UUID] = set()

    def below(segment: Segment) -> set[uuid.UUID]:
        found, todo = set(), [segment.pk]
        while todo:
            current = todo.pop()
            if current not in found:
                found.add(current)
                todo += [child.pk for child in children.get(current, [])]
        return found

    def walk(parent_id: uuid.UUID | None, depth: int) -> None:
        for segment in children.get(parent_id, []):
            if segment.pk not in seen:
                seen.add(segment.pk)
                own = below(segment)
                nodes.append(Node(segment, depth, [other for other in segments if other.pk not in own]))
                walk(segment.pk, depth + 1)

    walk(None, 0)
    return nodes


def _segments(principal: Principal, account: Account) -> list[Segment]:
    return list(segment_visible(principal).filter(account_id=account.pk).order_by("position", "name", "id"))


@requires("accounts.view", write="accounts.change")
def segments(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The tree, and adding a segment to it."""
    principal: Principal = request.principal  # type: ignore[attr-defined]
    account = account_find(principal, account_id)
    if account is None:
        raise Http404
    fault, typed = "", {}
    if request.method == "POST":
        own_account(request, account_id, "accounts.change")
        typed = {name: request.POST.get(name, "") for name in ("name", "kind", "parent")}
        try:
            created = segment_create(principal=principal, values={"account": account.pk, **_values(request)})
        except ApplicationError as error:
            fault = error.errors[0].message if error.errors else error.message
        else:
            messages.success(request, f"“{created.name}” is added.")
            return redirect("accounts:segments", account_id)
    found = _segments(principal, account)
    context: dict[str, Any] = {
        "account": account,
        "nodes": _tree(found),
        "segments": found,
        "kinds": Segment.Kind.choices,
        "can_change": principal.can("accounts.change", account),
        "fault": fault,
        "typed": typed,
    }
    return render(request, "accounts/segments.html", context)


def _values(request: HttpRequest) -> dict[str, Any]:
    values: dict[str, Any] = {
        "name": request.POST.get("name", "").replace("\x00", "").strip(),
        "kind": request.POST.get("kind") or Segment.Kind.REGION,
    }
    if "parent" in request.POST:
        try:
            values["parent"] = uuid.UUID(request.POST["parent"]) if request.POST["parent"] else None
        except ValueError:
            raise Http404 from None
    return values


def _own_segment(request: HttpRequest, account_id: uuid.UUID, segment_id: uuid.UUID) -> Segment:
    own_account(request, account_id, "accounts.change")
    principal: Principal = request.principal  # type: ignore[attr-defined]
    segment = (
        segment_visible(principal)
        .select_related("account")
        .filter(account_id=account_id, pk=segment_id)
        .first()
    )
    if segment is None:
        raise Http404
    return segment


@require_POST
@requires("accounts.view", write="accounts.change")
def segment_edit(request: HttpRequest, account_id: uuid.UUID, segment_id: uuid.UUID) -> HttpResponse:
    """Rename a segment, say what it is, or move it under another one."""
    segment = _own_segment(request, account_id, segment_id)
    if_match = None
    if version := request.POST.get("version"):
        if_match = IfMatch(frozenset({version_tag(segment.pk, version)}))
    try:
        segment_update(
            principal=request.principal,  # type: ignore[attr-defined]
            segment=segment,
            values=_values(request),
            if_match=if_match,
        )
    except StaleWriteError:
        messages.error(
            request, f"Somebody else changed “{segment.name}” first. Look at it again, then decide."
        )
    except ApplicationError as error:
        reason = error.errors[0].message if error.errors else error.message
        messages.error(request, f"“{segment.name}” was not changed. {reason}")
    else:
        messages.success(request, "The segment is saved.")
    return redirect("accounts:segments", account_id)


@require_POST
@requires("accounts.view", write="accounts.change")
def segment_remove(request: HttpRequest, account_id: uuid.UUID, segment_id: uuid.UUID) -> HttpResponse:
    """Delete a segment that nothing stands on."""
    segment = _own_segment(request, account_id, segment_id)
    try:
        segment_delete(principal=request.principal, segment=segment)  # type: ignore[attr-defined]
    except ApplicationError as error:
        messages.error(request, f"Nothing was deleted. {error.message}")
    else:
        messages.success(request, f"“{segment.name}” is deleted.")
    return redirect("accounts:segments", account_id)
