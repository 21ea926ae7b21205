"""The contact structure as a page, and what if somebody leaves (K9)."""

import uuid

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from buying_center import findings_structure as words
from buying_center.network import leaving, structure_of
from buying_center.network.structure import only_contacts
from buying_center.selectors.centre import centre_rows
from buying_center.selectors.connections import engagements_of
from buying_center.views.common import visible_account
from buying_center.views.facing import draw, facing_rows, level_words
from kam.tenancy.access import Principal
from kam.tenancy.permissions import requires


@requires("accounts.view")
@require_safe
def structure(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """Who faces whom; `?without=` a person of either side shows what their leaving would take along."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    rows = centre_rows(account.pk)
    centre = rows.centre
    found = structure_of(centre)
    who = request.GET.get("without", "")
    gone = None
    if who in centre.here or who in centre.ours_by_id:
        gone = leaving(centre, who, rows.analysis.paths)
    alone = only_contacts(centre.connections)
    context = {
        "account": account,
        "centre": centre,
        "structure": found,
        "finding": words.structure_finding(found, centre),
        "reason": words.structure_reason(found, centre),
        "threads": words.thread_words(tuple(alone), found, centre),
        "kind": words.KIND_WORDS.get(found.kind or "", ""),
        "picture": draw(centre, found, gone),
        "faces": [
            {
                **face,
                "level_ours": level_words(face["ours"].level),
                "level_theirs": level_words(face["theirs"].level),
                "only": alone.get(face["tie"].theirs) == face["tie"].ours,
            }
            for face in facing_rows(centre)
        ],
        "gone": gone,
        "gone_finding": words.leaving_finding(gone, centre) if gone else "",
        "gone_words": words.leaving_words(gone, centre) if gone else [],
        "gone_after": words.structure_finding(gone.after, centre.without(gone.who)) if gone else "",
        "ours": centre.ours,
        "theirs": sorted(centre.here.values(), key=lambda someone: someone.name),
        "engagements": engagements_of(account.pk),
        "today": rows.today,
        "can_change": principal.can("accounts.change", account),
    }
    return render(request, "buying_center/structure.html", context)
