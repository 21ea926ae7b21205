"""A plan as a document: every section is there, live figures beside the plan's own words, kept as JSON."""

import json
from decimal import Decimal
from typing import Any

import pytest

from kam.common.api.renderers import json_bytes
from kam.tenancy.access import Principal
from kam.tenancy.models import Membership
from planning.models import OpenSpaceCell, PlanVersion, SectionKey
from planning.selectors.plan_document import plan_document
from planning.selectors.plan_parts import document_from_json
from tests.factories import ObjectiveFactory, OpportunityFactory, SuccessFactorFactory
from tests.planning.grid import World
from tests.planning.plans import ROWS, TEXTS, filled_plan


@pytest.fixture
def principal(members: dict[str, Membership]) -> Principal:
    return Principal(member=members["kam"])


@pytest.fixture
def document(world: World, in_tenant: Any, principal: Principal) -> Any:
    OpenSpaceCell.objects.create(
        tenant_id=principal.tenant.id,
        account=world.account,
        segment=world.south,
        product_line=world.valves,
        potential=Decimal(5000),
    )
    SuccessFactorFactory(account=world.account, title="No cold room in May")
    ObjectiveFactory(account=world.account, title="Keep the Oslo contract")
    OpportunityFactory(account=world.account, name="Bergen pumps", amount=Decimal(900))
    plan = filled_plan(world, principal, owner=principal.member.user_id)
    return plan_document(principal=principal, plan=plan)


def test_every_section_of_the_layout_is_in_the_document_in_its_order(document: Any) -> None:
    assert [section.key for section in document.sections] == SectionKey.values


def test_what_people_wrote_is_in_it_word_for_word(document: Any) -> None:
    whole = json.dumps(document.as_json(), ensure_ascii=False)
    for text in TEXTS.values():
        assert json.dumps(text, ensure_ascii=False)[1:-1] in whole
    for rows in ROWS.values():
        for row in rows:
            assert (
                str(next(value for name, value in row.items() if name in ("text", "title", "name", "year")))
                in whole
            )


def test_what_other_systems_know_is_in_it(document: Any) -> None:
    whole = json.dumps(document.as_json())
    for words in ("No cold room in May", "Keep the Oslo contract", "Bergen pumps", "Valves"):
        assert words in whole
    figures = {figure.key: figure.value for figure in document.section("open_space").figures}
    # 12 months to June 2025: 700 + 300 of pumps in Oslo, 40.50 without a segment, a credit of 50.
    assert Decimal(figures["current"]) == Decimal("990.5")
    assert Decimal(figures["potential"]) == 5000


def test_targets_stand_beside_the_ledger_by_fiscal_year(document: Any) -> None:
    section = document.section("targets")
    rows = {row.cells["year"]: row.cells for row in section.tables[-1].rows}
    # 2025 up to the reference date in June: 40.50 + 650; July is later. 2024: 9,999 + 300.
    assert Decimal(rows["2025"]["actual"]) == Decimal("690.5")
    assert rows["2025"]["reached"] == pytest.approx(0.34525)
    assert Decimal(rows["2024"]["actual"]) == Decimal(10299)
    assert (rows["2026"]["actual"], rows["2026"]["target"], rows["2026"]["note"]) == (
        None,
        "4000.0000",
        "not begun",
    )
    assert section.finding == "35 % of the 2025 sales target is booked after 6 of 12 months."


def test_it_survives_being_kept_as_json(document: Any) -> None:
    assert document_from_json(json.loads(json_bytes(document.as_json()))) == document


def test_a_kept_version_says_which_it_is_and_can_be_cut_to_some_sections(
    document: Any, principal: Principal
) -> None:
    version = PlanVersion(number=3, reason="approved", document=document.as_json())
    kept = plan_document(principal=principal, plan=None, version=version, keys=["swot"])  # type: ignore[arg-type]
    assert (kept.version, kept.version_reason, [part.key for part in kept.sections]) == (
        3,
        "approved",
        ["swot"],
    )
    assert [len(table.rows) for table in kept.sections[0].tables] == [1, 1, 1, 1]
