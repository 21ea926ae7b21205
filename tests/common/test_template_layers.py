"""Templates follow the order of the apps: one of a lower app borrows nothing from a higher one."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TEMPLATES = ROOT / "templates"
BORROWED = re.compile(r"""\{%\s*(?:include|extends)\s+["']([^"'#]+)""")


def layers() -> list[str]:
    """The apps' template folders from the highest to the lowest, as the import contract orders them."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    found = next(contract["layers"] for contract in contracts if "metrics" in contract["layers"])
    return [layer.strip("()").rsplit(".", 1)[-1] for layer in found]


def borrowed() -> Iterator[tuple[str, str]]:
    for page in sorted(TEMPLATES.rglob("*.html")):
        name = page.relative_to(TEMPLATES).as_posix()
        yield from ((name, found) for found in BORROWED.findall(page.read_text()))


def test_no_template_borrows_from_a_higher_app() -> None:
    height = {app: -number for number, app in enumerate(layers())}
    pairs = [(name, other) for name, other in borrowed() if name.split("/")[0] in height]
    assert len(pairs) > 100
    upwards = [
        f"{name} borrows {other}"
        for name, other in pairs
        if height.get(other.split("/")[0], -99) > height[name.split("/")[0]]
    ]
    assert upwards == []
