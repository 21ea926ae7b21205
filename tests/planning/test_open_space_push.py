"""One click makes a push opportunity from a cell (K6, K19)."""

from typing import Any

from kam.tenancy.models import Membership
from tests.planning.grid import Api, World, cell_of, key, read, url, write


def test_a_cell_becomes_one_push_opportunity_and_stays_linked(
    api: Api, world: World, members: dict[str, Membership]
) -> None:
    kam = api("kam")
    write(
        kam,
        world,
        {
            **key(world.oslo, world.pumps),
            "potential": "1500",
            "probability": 0.8,
            "competitor": "Acme",
            "note": "Ask Kari first",
            "owner": str(members["executive"].user_id),
        },
    )
    tag = read(kam, world)[1]
    first = kam.post(f"{url(world)}push/", key(world.oslo, world.pumps), format="json")
    assert first.status_code == 201, first.content
    made = first.json()
    assert (made["direction"], made["status"], made["stage"]) == ("push", "lead", "need_recognition")
    assert (made["name"], made["amount"], made["currency"]) == ("Pumps, Oslo", "500.0000", "USD")
    assert (made["probability"], made["notes"], made["competitor"]) == (0.8, "Ask Kari first", "Acme")
    assert made["owner"] == str(members["executive"].user_id)
    again = kam.post(f"{url(world)}push/", key(world.oslo, world.pumps), format="json")
    assert (again.status_code, again.json()) == (200, made)
    grid, now = read(kam, world)
    assert cell_of(grid, world.oslo, world.pumps)["opportunity"] == made["id"]
    assert now != tag


def test_a_cell_of_which_nothing_is_known_can_be_pushed_too(api: Api, world: World) -> None:
    made = api("kam").post(f"{url(world)}push/", key(None, world.care), format="json").json()
    assert (made["name"], made["amount"], made["probability"]) == ("Care, Whole account", None, None)
    assert made["owner_name"] == "Kam Northwind"
    grid, _ = read(api("kam"), world)
    assert cell_of(grid, None, world.care)["opportunity"] == made["id"]


def test_a_deleted_opportunity_frees_its_cell(api: Api, world: World) -> None:
    kam = api("kam")
    first = kam.post(f"{url(world)}push/", key(world.oslo, world.pumps), format="json").json()
    assert kam.delete(f"/api/v1/opportunities/{first['id']}/").status_code == 204
    assert cell_of(read(kam, world)[0], world.oslo, world.pumps)["opportunity"] is None
    second = kam.post(f"{url(world)}push/", key(world.oslo, world.pumps), format="json")
    assert second.status_code == 201
    assert second.json()["id"] != first["id"]


def test_a_cell_that_does_not_exist_is_named(api: Api, world: World) -> None:
    body: dict[str, Any] = {"segment": str(world.pumps.pk), "product_line": str(world.oslo.pk)}
    answer = api("kam").post(f"{url(world)}push/", body, format="json")
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["segment", "product_line"]
    assert api("executive").post(f"{url(world)}push/", body, format="json").status_code == 403
