"""What the portfolio is made of besides its page: charts, explanations, lists, exports."""

import html
import re
from collections.abc import Callable
from io import BytesIO
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from openpyxl import load_workbook

from accounts.models import Account
from tests.metrics.portfolio import NB, text

pytestmark = pytest.mark.django_db

URL = "/portfolio/"
ROLES_WITH_PORTFOLIO = ("admin", "executive", "kam")


class TestParts:
    def test_chart_data(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        client = browser_client("kam")
        pareto = client.get("/portfolio/data/pareto/").json()
        assert pareto["curve"] == [[1, pytest.approx(900 / 2050)], [2, pytest.approx(1800 / 2050)], [3, 1.0]]
        assert {"level": 0.5, "rank": 2} in pareto["levels"]
        whale = client.get("/portfolio/data/whale/").json()
        assert whale["curve"] == [[1, 100.0], [2, 0.0]]
        assert (whale["peak"], whale["end"]) == ({"rank": 1, "value": 100.0}, {"rank": 2, "value": 0.0})
        lines = client.get("/portfolio/data/lines/").json()
        assert lines["rows"] == [{"label": "Road", "value": 150.0}, {"label": "Touring", "value": -100.0}]
        assert client.get("/portfolio/data/lines/?country=US").json()["rows"] == [
            {"label": "Touring", "value": -100.0}
        ]
        matrix = client.get("/portfolio/data/matrix/?kind=loyalty").json()
        # Good bought in each quarter of three years, Big in two quarters of two years.
        assert {point["name"]: point["class"] for point in matrix["points"]} == {
            "Good Ltd": "friend",
            "Big Ltd": "stranger",
        }
        assert {part["class"]: part["count"] for part in matrix["quadrants"]} == {
            "friend": 1,
            "butterfly": 0,
            "stranger": 1,
            "vulture": 0,
        }
        assert client.get("/portfolio/data/nothing/").status_code == 404

    def test_accounts_without_potential_are_drawn_hollow(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        matrix = browser_client("admin").get("/portfolio/data/matrix/").json()
        points = {point["name"]: point for point in matrix["points"]}
        assert set(points) == {"Big Ltd", "Good Ltd"}
        assert points["Big Ltd"]["hollow"]
        assert points["Big Ltd"]["class"] == "none"
        assert points["Big Ltd"]["x"] == points["Big Ltd"]["y"] == -100.0
        page = browser_client("admin").get(URL).content.decode()
        assert "4 potential not entered" in page.replace('<span class="k-num">', "").replace("</span>", "")

    def test_every_figure_is_explained(self, ledger: Any, browser_client: Callable[[str], Client]) -> None:
        client = browser_client("executive")
        expected = {
            "net_sales": "$900",
            "gross_margin": "$900 \u2212 $850 = $50",
            "contribution": "$50 \u2212 $50 = $0",
            "clv": "$0 × 2.463279 = $0",
            "potential": "Without probability",
            "half": "2 make 50 %",
            "losing": "1 of 3 accounts with a known margin",
        }
        for figure, words in expected.items():
            response = client.get(f"/portfolio/explain/{figure}/", headers={"HX-Request": "true"})
            body = html.unescape(response.content.decode()).replace(NB, " ")
            assert words in body, figure
            assert "<html" not in body
            assert "<html" in client.get(f"/portfolio/explain/{figure}/").content.decode()
        assert client.get("/portfolio/explain/other/").status_code == 404

    def test_key_accounts_against_the_rest(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        client = browser_client("executive")
        assert reverse("metrics:portfolio_key") in client.get(URL).content.decode()
        card = client.get("/portfolio/key-accounts/", headers={"HX-Request": "true"}).content.decode()
        assert "The key account grew 100" in card
        assert "the rest fell 45" in card

    def test_list_sorts_and_says_its_advice(
        self, ledger: Any, browser_client: Callable[[str], Client]
    ) -> None:
        client = browser_client("admin")
        response = client.get("/portfolio/list/?quadrant=friend")
        assert text(response, r'<h1 class="k-finding">(.*?)</h1>') == "1 friend"
        assert "Candidates for key account" in response.content.decode()
        everyone = client.get("/portfolio/list/?ordering=contribution").content.decode()
        names = re.findall(r'class="k-name" href="[^"]+">([^<]+)<', everyone)
        assert names[0] == "Big Ltd"
        assert set(names) == {"Big Ltd", "Good Ltd", "Gone Ltd", "Never Ltd"}
        assert client.get("/portfolio/list/?quadrant=nobody").status_code == 404
        assert client.get("/portfolio/list/?group=nobody").status_code == 404
        losing = client.get("/portfolio/list/?group=losing").content.decode()
        assert "Big Ltd" in losing
        assert "Good Ltd" not in losing
        assert "<html" not in client.get("/portfolio/list/", headers={"HX-Request": "true"}).content.decode()

    def test_export_has_everybody_and_no_formula(
        self, ledger: dict[str, Account], browser_client: Callable[[str], Client]
    ) -> None:
        Account.objects.filter(pk=ledger["good"].pk).update(name="=1+1")
        client = browser_client("kam")
        lines = client.get("/portfolio/export/csv/").content.decode("utf-8-sig").splitlines()
        assert len(lines) == 5
        assert "'=1+1" in "".join(lines)
        assert ",-100.0000," in next(line for line in lines if "Big Ltd" in line)
        book = load_workbook(BytesIO(client.get("/portfolio/export/xlsx/?country=CA").content))
        rows = list(book.active.values)
        assert [row[1] for row in rows[1:]] == ["'=1+1", "Gone Ltd"]
        assert rows[0][6] == "Net sales 12 months, USD"
        assert client.get("/portfolio/export/pdf/").status_code == 404
