"""A real Chromium for every test of this folder, and the two things all of them ask: sign in, and axe."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import BrowserContext, Page, sync_playwright

from kam.tenancy.models import Membership

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
AXE = Path(settings.BASE_DIR) / "node_modules/axe-core/axe.min.js"
HERE = Path(__file__).parent

if CHROMIUM is None and os.environ.get("KAM_REQUIRE_BROWSER") == "1":
    raise RuntimeError("KAM_REQUIRE_BROWSER=1, and no Chromium was found.")

Open = Callable[..., Page]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            item.add_marker(pytest.mark.django_db(transaction=True, databases=["default", "owner"]))
            if CHROMIUM is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


@pytest.fixture
def open_as(committed_db: None, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Open]:
    """`open_as(member, path, **context)` → a page of that member, each call in a browser context of its own.

    `member` None = nobody signed in. An error in a page's own script fails the test.
    """
    # Playwright's loop makes Django think that this test is asynchronous; it is not.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    problems: list[str] = []
    contexts: list[BrowserContext] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])

        def open_page(member: Membership | None, path: str, **options: Any) -> Page:
            # The page's own policy forbids what axe needs; tests of the policy pass bypass_csp=False.
            context = browser.new_context(
                **{"viewport": {"width": 1440, "height": 900}, "bypass_csp": True, **options}
            )
            contexts.append(context)
            if member is not None:
                client = Client()
                client.force_login(member.user, backend="kam.tenancy.backends.MemberBackend")
                value = client.cookies[settings.SESSION_COOKIE_NAME].value
                context.add_cookies(
                    [{"name": settings.SESSION_COOKIE_NAME, "value": value, "url": live_server.url}]
                )
            page = context.new_page()
            page.set_default_timeout(15_000)
            page.on("pageerror", lambda error: problems.append(str(error)))
            page.goto(live_server.url + path)
            return page

        yield open_page
        browser.close()
    assert problems == []


def assert_accessible(page: Page) -> None:
    """Axe finds nothing on the page as it stands now."""
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == []
