"""How well both companies fit: interfaces, depth, ladder, tier, positioning, surveys (K9, K11, K16, K28)."""

import uuid
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts.models import Account, Ladder, Tier
from buying_center import alignment_words as words
from buying_center.alignments import alignments
from buying_center.bank.alignment import (
    LADDER_WORDS,
    LAYER_WORDS,
    PERSPECTIVES,
    RUNGS,
    TIERS,
)
from buying_center.forms.alignment import (
    InterfaceForm,
    PairForm,
    PositioningForm,
    RelationshipForm,
    StandingForm,
)
from buying_center.models import RelationshipStanding, SupplierPositioning
from buying_center.network.ladder import perception_gap
from buying_center.network.layers import LAYERS, Depth, next_steps
from buying_center.network.positioning import weight_of
from buying_center.selectors.centre import CentreRows, centre_of
from buying_center.selectors.interfaces import (
    InterfaceRow,
    interface_score,
    interfaces_of,
    savings_of,
)
from buying_center.selectors.standing import (
    depth_of,
    economic_evidence,
    positioning_of,
    sheet_tag,
    standing_of,
)
from buying_center.selectors.surveys import mean_scores, perceptions, respondent, survey_visible
from buying_center.views.common import visible_account
from buying_center.views.sheets import Sheet
from kam.common import formatting
from kam.common.api.etag import version_tag
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership, Role, TenantSettings
from kam.tenancy.permissions import requires
from kam.tenancy.selectors import member_list, tenant_settings

SURVEYS_SHOWN = 8


@require_safe
@requires("accounts.view")
def alignment(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The page of an account."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    can_change = principal.can("accounts.change", account)
    centre = centre_of(account)
    surveys = list(survey_visible(principal).filter(account_id=account.pk).order_by("-asked_at"))
    people = people_of(principal) if can_change else []
    settings = tenant_settings()
    context = {
        "account": account,
        "can_change": can_change,
        **strip_context(principal, account),
        **interfaces_context(account, people, settings),
        **depth_context(account, standing_of(account), centre, settings),
        **ladder_context(account, surveys),
        **positioning_context(account, positioning_of(account)),
        "pair_form": PairForm(key="own"),
    }
    return render(request, "buying_center/alignment.html", context)


@require_safe
@requires("accounts.view")
def alignment_panel(request: HttpRequest, account_id: uuid.UUID) -> HttpResponse:
    """The card on the account's home: the weakest of the three alignments, with its reason."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    return render(
        request,
        "buying_center/partials/alignment_panel.html",
        {"account": account, **strip_context(principal, account)},
    )


@require_safe
@requires("accounts.view")
def alignment_data(request: HttpRequest, account_id: uuid.UUID) -> JsonResponse:
    """Both views of the ladder over time, for the chart."""
    account = visible_account(request, account_id)
    principal: Principal = request.principal  # type: ignore[attr-defined]
    found = perceptions(list(survey_visible(principal).filter(account_id=account.pk)))
    labels = dict(Ladder.choices)
    return JsonResponse(
        {
            "rungs": [str(labels[rung]) for rung in RUNGS],
            "points": [
                {
                    "day": one.day.isoformat(),
                    "date": formatting.date(one.day),
                    "ours": RUNGS.index(one.ours) if one.ours in RUNGS else None,
                    "theirs": RUNGS.index(one.theirs),
                    "gap": one.gap,
                    "people": one.respondents,
                }
                for one in found
            ],
            "empty": "Two answers on different days draw the first line.",
        }
    )


def people_of(principal: Principal) -> list[Membership]:
    """Who may own something: active persons of the tenant."""
    people = member_list(tenant_id=principal.tenant.id).filter(is_active=True)
    return list(people.exclude(role=Role.INTEGRATION))


def strip_context(principal: Principal, account: Account) -> dict[str, Any]:
    found = alignments(principal, account)
    return {"alignments": found, "finding": words.page_finding(account.name, found)}


# ---- interfaces ------------------------------------------------------------------------------------------


def interfaces_context(
    account: Account, people: list[Membership], settings: TenantSettings | None = None
) -> dict[str, Any]:
    """The pairs, each with its sheet; the score, and the savings of both sides."""
    rows = interfaces_of(account)
    found = interface_score(rows)
    total, parts = savings_of(rows)
    currency = (settings or tenant_settings()).base_currency
    return {
        "pairs": [{"row": row, "sheet": interface_sheet(account, row, people)} for row in rows],
        "pairs_finding": words.interfaces_finding(rows, found),
        "pairs_score": found,
        "savings": total,
        "savings_parts": parts,
        "savings_scale": max((part.total or 0 for part in parts), default=0) or 1,
        "savings_finding": words.savings_finding(total, currency),
        "currency": currency,
    }


def interface_sheet(account: Account, row: InterfaceRow, people: list[Membership], data: Any = None) -> Sheet:
    """One pair's form; a pair of the bank that nobody has judged has no version yet."""
    pair = row.pair
    form = InterfaceForm(data, key=row.key, people=people, initial=InterfaceForm.initial_of(pair))
    return Sheet(
        key=row.key,
        url=reverse("buying_center:interface_save", args=[account.pk]),
        back=reverse("buying_center:alignment", args=[account.pk]),
        tag=version_tag(pair.pk, pair.version) if pair is not None else "",
        form=form,
        history=("buying_center.interfacepair", pair.pk) if pair is not None else None,
        hidden={"our_function": row.ours, "their_function": row.theirs},
    )


# ---- the layer of the connection -------------------------------------------------------------------------


def depth_context(
    account: Account, standing: RelationshipStanding, rows: CentreRows, settings: TenantSettings | None = None
) -> dict[str, Any]:
    found = depth_of(rows, standing)
    names = {who: str(row["name"]) for who, row in rows.people.items()}
    steps = next_steps(found, vendor_tier=standing.vendor_tier)
    return {
        "depth": found,
        "depth_finding": words.layer_finding(found, standing.stated_layer),
        "depth_facets": _facets(found),
        "depth_layers": [
            {
                "key": layer,
                "label": words.facet_word(layer),
                "text": LAYER_WORDS[layer],
                "computed": found.overall == layer,
                "stated": standing.stated_layer == layer,
            }
            for layer in LAYERS
        ],
        "depth_next": _next_layer(found),
        "depth_steps": [
            {
                "text": words.lift_words(step, names),
                "url": reverse("buying_center:contact_detail", args=[account.pk, step.who])
                if step.who
                else "",
            }
            for step in steps
        ],
        "depth_roles": [
            {"word": words.role_word(role.role), "name": names.get(role.who, ""), "reach": role,
             "dots": [place < role.strength for place in range(5)]}
            for role in sorted(found.roles, key=lambda one: one.strength)
        ],
        "depth_evidence": economic_evidence(account, settings),
        "standing": standing,
        "standing_sheet": standing_sheet(account, standing),
    }  # fmt: skip


def _facets(found: Depth) -> list[dict[str, Any]]:
    return [
        {
            "label": "People reached",
            "layer": found.relationship,
            "word": words.facet_word(found.relationship),
        },
        {"label": "Economic place", "layer": found.economic, "word": words.facet_word(found.economic)},
    ]


def _next_layer(found: Depth) -> str:
    place = -1 if found.overall is None else LAYERS.index(found.overall)
    return words.facet_word(LAYERS[place + 1]).lower() if place + 1 < len(LAYERS) else ""


def standing_sheet(account: Account, standing: RelationshipStanding, data: Any = None) -> Sheet:
    return Sheet(
        key="standing",
        url=reverse("buying_center:standing_save", args=[account.pk]),
        back=reverse("buying_center:alignment", args=[account.pk]),
        tag=sheet_tag(account.pk, standing.version),
        form=StandingForm(data, key="standing", initial=StandingForm.initial_of(standing)),
        history=("buying_center.relationshipstanding", standing.pk) if standing.version else None,
    )


# ---- ladder, tier, surveys -------------------------------------------------------------------------------


def ladder_context(account: Account, surveys: list[Any]) -> dict[str, Any]:
    """Both views, who said what, how the gap went, the tier with what it brings."""
    labels = {key: str(word) for key, word in Ladder.choices}
    latest = {
        respondent(survey): survey
        for survey in sorted((one for one in surveys if one.answered_at), key=lambda one: one.answered_at)
    }
    over_time = perceptions(surveys)
    ours, theirs = account.ladder_ours, account.ladder_customer
    return {
        "ladder_finding": words.ladder_finding(
            _spoken(ours), _spoken(theirs), account.name, perception_gap(ours, theirs)
        ),
        "rungs": [
            {
                "key": rung,
                "label": labels[rung],
                "text": LADDER_WORDS[rung],
                "ours": ours == rung,
                "theirs": theirs == rung,
                "people": [survey for survey in latest.values() if survey.ladder == rung],
            }
            for rung in reversed(RUNGS)
        ],
        "is_ending": ours == Ladder.ENDING,
        "gap": perception_gap(ours, theirs),
        "over_time": over_time,
        "over_time_finding": words.gap_finding([one.gap for one in over_time]),
        "surveys": surveys[:SURVEYS_SHOWN],
        "surveys_more": max(0, len(surveys) - SURVEYS_SHOWN),
        "surveys_finding": words.surveys_finding([survey.state for survey in surveys]),
        "scores": mean_scores(surveys),
        "relationship_sheet": relationship_sheet(account),
        **tier_context(account),
    }


def _spoken(rung: str) -> str:
    return str(dict(Ladder.choices).get(rung, "")).lower()


def relationship_sheet(account: Account, data: Any = None) -> Sheet:
    return Sheet(
        key="relationship",
        url=reverse("buying_center:relationship_save", args=[account.pk]),
        back=reverse("buying_center:alignment", args=[account.pk]),
        tag=version_tag(account.pk, account.version),
        form=RelationshipForm(data, key="relationship", initial=RelationshipForm.initial_of(account)),
        history=("accounts.account", account.pk),
    )


def tier_context(account: Account) -> dict[str, Any]:
    """What goes with the tier, beside the next one (BANK G2, G3)."""
    order = list(TIERS)
    place = order.index(account.tier) if account.tier in order else -1
    # Without a tier the first two stand beside each other; at the top the last two.
    first = min(max(place, 0), len(order) - 2)
    labels = dict(Tier.choices)
    shown = order[first : first + 2]
    rows = [
        (label, [getattr(TIERS[tier], field) for tier in shown])
        for label, field in (
            ("What we do", "do"),
            ("Whom we reach", "reach"),
            ("What we bring", "bring"),
            ("Who manages it", "manager"),
        )
    ]
    return {
        "tier_finding": words.tier_finding(account.tier),
        "tier_columns": [{"label": str(labels[tier]), "current": tier == account.tier} for tier in shown],
        "tier_rows": rows,
        "tier_perspectives": [
            (f"{line.scope}: {line.aspect.lower()}", [line.of(tier) for tier in shown])
            for line in PERSPECTIVES
        ],
    }


# ---- positioning -----------------------------------------------------------------------------------------


def positioning_context(account: Account, sheet: SupplierPositioning) -> dict[str, Any]:
    form_sheet = positioning_sheet(account, sheet)
    weight, judged = weight_of(
        {
            name: getattr(sheet, name)
            for name in form_sheet.form.fields
            if name not in ("relative_spend", "evidence")
        }
    )
    return {
        "positioning": sheet,
        "positioning_sheet": form_sheet,
        "weight": weight,
        "weight_finding": words.weight_finding(weight, judged),
    }


def positioning_sheet(account: Account, sheet: SupplierPositioning, data: Any = None) -> Sheet:
    return Sheet(
        key="positioning",
        url=reverse("buying_center:positioning_save", args=[account.pk]),
        back=reverse("buying_center:alignment", args=[account.pk]),
        tag=sheet_tag(account.pk, sheet.version),
        form=PositioningForm(data, key="positioning", initial=PositioningForm.initial_of(sheet)),
        history=("buying_center.supplierpositioning", sheet.pk) if sheet.version else None,
    )
