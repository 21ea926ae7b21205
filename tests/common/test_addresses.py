"""Links come out as Django would write them, found once per route."""

import uuid

import pytest
from django.template import Context, Template, engines
from django.test import override_settings
from django.urls import NoReverseMatch, reverse, set_script_prefix

from kam.common.addresses import address

ACCOUNT, ROUTE = uuid.UUID("0198a000-0000-7000-8000-00000000000a"), "metrics:account_explanation"


@pytest.mark.parametrize(
    ("name", "args"),
    [
        ("metrics:account_list", ()),
        ("metrics:account_detail", (ACCOUNT,)),
        ("metrics:account_detail", (str(ACCOUNT),)),
        (ROUTE, (ACCOUNT, "net_sales")),
        (ROUTE, (ACCOUNT, "ä/b?c")),
    ],
)
def test_an_address_is_what_django_reverses(name: str, args: tuple[object, ...]) -> None:
    try:
        expected = reverse(name, args=args)
    except NoReverseMatch:
        with pytest.raises(NoReverseMatch):
            address(name, *args)
    else:
        assert [address(name, *args), address(name, *args)] == [expected, expected]


def test_each_account_has_its_own_address() -> None:
    ids = [uuid.uuid4() for _ in range(3)]
    assert [address("metrics:account_detail", i) for i in ids] == [f"/accounts/{i}/" for i in ids]


def test_a_route_that_is_not_there_is_refused() -> None:
    with pytest.raises(NoReverseMatch):
        address("metrics:no_such_page")
    with pytest.raises(NoReverseMatch):
        Template("{% url 'metrics:no_such_page' %}").render(Context())


def test_templates_write_the_same_links() -> None:
    source = "{% url name id word %} {% url 'metrics:account_list' as there %}{{ there }}"
    context = {"name": ROUTE, "id": ACCOUNT, "word": "clv"}
    expected = f"{reverse(ROUTE, args=[ACCOUNT, 'clv'])} {reverse('metrics:account_list')}"
    assert engines["django"].from_string(source).render(context) == expected


def test_another_set_of_routes_or_another_prefix_has_its_own_addresses() -> None:
    address("metrics:account_list")
    set_script_prefix("/kam/")
    try:
        assert address("metrics:account_list") == "/kam/accounts/"
    finally:
        set_script_prefix("/")
    with override_settings(ROOT_URLCONF="tests.common.no_routes"), pytest.raises(NoReverseMatch):
        address("metrics:account_list")
