"""A real Chromium for every test of this folder, and the two things all of them ask: sign in, and axe."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, Page, expect, sync_playwright

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


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One Chromium for the whole folder: starting it takes longer than most of what is asked of it."""
    with pytest.MonkeyPatch.context() as patch, sync_playwright() as playwright:
        # Playwright's loop makes Django think that these tests are asynchronous; they are not.
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        # A busy machine is slow, not wrong: what is expected may take as long as what is clicked.
        expect.set_options(timeout=15_000)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def open_as(committed_db: None, live_server: Any, chromium: Browser) -> Iterator[Open]:
    """`open_as(member, path, **context)` → a page of that member, each call in a browser context of its own.

    `member` None = nobody signed in. An error in a page's own script fails the test.
    """
    problems: list[str] = []

    def open_page(member: Membership | None, path: str, **options: Any) -> Page:
        # The page's own policy forbids what axe needs; tests of the policy pass bypass_csp=False.
        context = chromium.new_context(
            **{
                "viewport": {"width": 1440, "height": 900},
                "bypass_csp": True,
                "reduced_motion": "reduce",
                **options,
            }
        )
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
        # The first page of a run compiles every template, on a machine that may have other things to do.
        page.goto(live_server.url + path, timeout=60_000)
        return page

    yield open_page
    for context in chromium.contexts:
        context.close()
    assert problems == []


def assert_accessible(page: Page, *rules: str) -> None:
    """Axe finds nothing on the page as it stands now; with `rules`, nothing by these."""
    if not page.evaluate("'axe' in window"):
        page.evaluate(AXE.read_text(encoding="utf-8"))
    options: dict[str, Any] = {"resultTypes": ["violations"]}
    if rules:
        options["runOnly"] = list(rules)
    found = page.evaluate("options => axe.run(document, options)", options)["violations"]
    assert [(item["id"], item["nodes"][0]["html"]) for item in found] == [], page.url


def assert_shown_well(page: Page) -> None:
    """The page as it stands fits 1440 and 390 px and is accessible there, light and dark.

    One load serves the four looks, since a page follows the window and the colour scheme while it is open;
    of the dark ones only the colours are asked, the rest is the same document.
    """
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(color_scheme="light")
        page.wait_for_function(
            "document.readyState === 'complete' && !document.querySelector('.htmx-request')"
        )
        root = "document.documentElement"
        wide = page.evaluate(f"{root}.scrollWidth - {root}.clientWidth")
        assert wide <= 0, f"{page.url} is {wide} px wider than {width} px"
        assert_accessible(page)
        page.emulate_media(color_scheme="dark")
        assert_accessible(page, "color-contrast")
