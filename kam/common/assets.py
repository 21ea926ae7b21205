"""Front-end libraries: which files of the npm packages the pages need, and where they are laid out.

There is no bundler. ``npm ci`` fills ``node_modules``; ``python -m kam.common.assets`` copies the few files
below into ``static_vendor/`` (not in git), strips references to source maps (the hashed manifest refuses
dangling ones) and writes every Tabler icon into one JSON file for the ``{% icon %}`` tag.

Imports nothing of Django, so that settings can import it and an image build can run it on its own.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
from pathlib import Path

BASE_DIR = Path(__file__).resolve().parent.parent.parent

# path in node_modules → path below /static/vendor/
VENDOR_FILES: dict[str, str] = {
    "@tabler/core/dist/css/tabler.min.css": "tabler/tabler.min.css",
    "htmx.org/dist/htmx.min.js": "htmx/htmx.min.js",
    "echarts/dist/echarts.esm.min.js": "echarts/echarts.esm.min.js",
    "cytoscape/dist/cytoscape.esm.min.mjs": "cytoscape/cytoscape.esm.min.js",
    "cytoscape-dagre/dist/cytoscape-dagre.min.mjs": "cytoscape/cytoscape-dagre.min.js",
    "tabulator-tables/dist/js/tabulator_esm.min.js": "tabulator/tabulator.esm.min.js",
    "tabulator-tables/dist/css/tabulator.min.css": "tabulator/tabulator.min.css",
    "sortablejs/modular/sortable.esm.js": "sortable/sortable.esm.js",
    **{
        f"@fontsource-variable/inter/files/inter-{subset}-opsz-normal.woff2": f"inter/{subset}.woff2"
        for subset in ("latin", "latin-ext", "cyrillic", "greek", "vietnamese")
    },
}
# The same typeface for documents that are typeset here, below static_vendor/fonts/: no page asks for it.
FONT_FILES: dict[str, str] = {
    f"@expo-google-fonts/inter/{name}/Inter_{name}.ttf": f"Inter-{name}.ttf"
    for name in ("400Regular", "400Regular_Italic", "600SemiBold", "600SemiBold_Italic")
}
ICON_FILES = {
    "@tabler/icons/tabler-nodes-outline.json": "",
    "@tabler/icons/tabler-nodes-filled.json": "-filled",
}
_SOURCE_MAP = re.compile(r"(?:/\*|//)[#@]\s*sourceMappingURL=[^\s*]+(?:\s*\*/)?\s*\Z")
_CHARSET = '@charset "UTF-8";'


class AssetsMissingError(Exception):
    """``node_modules`` or ``static_vendor`` is not there yet; the message says what to run."""


def vendor_dir(base_dir: Path = BASE_DIR) -> Path:
    """The folder that holds the copied files (``files/``) and ``icons.json``."""
    return base_dir / "static_vendor"


def static_dirs(base_dir: Path = BASE_DIR) -> list[Path | tuple[str, Path]]:
    """Entries for ``STATICFILES_DIRS``: our own files, and the libraries under ``vendor/``.

    The vendor entry is left out while it does not exist: Django warns about a folder that is not there,
    and commands such as ``migrate`` do not need it.
    """
    dirs: list[Path | tuple[str, Path]] = [base_dir / "static"]
    files = vendor_dir(base_dir) / "files"
    if files.is_dir():
        dirs.append(("vendor", files))
    return dirs


def fonts_dir(base_dir: Path = BASE_DIR) -> Path:
    """The folder of the TrueType files that documents are typeset with."""
    return vendor_dir(base_dir) / "fonts"


def icons_path(base_dir: Path = BASE_DIR) -> Path:
    """The file of SVG inner markup by icon name (``star``, ``star-filled``)."""
    return vendor_dir(base_dir) / "icons.json"


def build(base_dir: Path = BASE_DIR) -> int:
    """Copies every vendor file and writes the icons; returns the number of files written.

    Raises AssetsMissingError when a package is not installed.
    """
    modules = base_dir / "node_modules"
    missing = [name for name in (*VENDOR_FILES, *FONT_FILES, *ICON_FILES) if not (modules / name).is_file()]
    if missing:
        raise AssetsMissingError(f"not in node_modules: {', '.join(missing)}; run `npm ci` first")
    target = vendor_dir(base_dir)
    fresh = target.with_name(f"{target.name}.new")
    shutil.rmtree(fresh, ignore_errors=True)
    for source, destination in VENDOR_FILES.items():
        path = fresh / "files" / destination
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix in {".css", ".js"}:
            text = _SOURCE_MAP.sub("", (modules / source).read_text(encoding="utf-8").rstrip())
            if path.suffix == ".css":
                # In a cascade layer of its own a library never outweighs our rules, whatever its selectors.
                text = f"@layer vendor{{{text.removeprefix(_CHARSET)}}}"
            path.write_text(text + "\n", encoding="utf-8")
        else:
            shutil.copyfile(modules / source, path)
    (fresh / "fonts").mkdir()
    for source, name in FONT_FILES.items():
        shutil.copyfile(modules / source, fresh / "fonts" / name)
    icons = {
        name + suffix: "".join(_element(tag, attributes) for tag, attributes in nodes)
        for source, suffix in ICON_FILES.items()
        for name, nodes in json.loads((modules / source).read_text(encoding="utf-8")).items()
    }
    (fresh / "icons.json").write_text(json.dumps(icons, separators=(",", ":")), encoding="utf-8")
    shutil.rmtree(target, ignore_errors=True)
    fresh.rename(target)
    return len(VENDOR_FILES) + len(FONT_FILES) + 1


def _element(tag: str, attributes: dict[str, object]) -> str:
    return f"<{tag} " + " ".join(f'{name}="{value}"' for name, value in attributes.items()) + "/>"


def main() -> int:
    """Command line: builds the assets, says so in one line; exit code 1 when a package is missing."""
    try:
        count = build()
    except AssetsMissingError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"assets: {count} files in {vendor_dir().relative_to(BASE_DIR)}/")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
