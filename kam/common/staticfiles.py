"""Static files with the hash of their content in the name, ES module imports included."""

from collections.abc import Iterator
from typing import Any

from whitenoise.storage import CompressedManifestStaticFilesStorage

# Nothing of ours loads these (htmx comes from npm), and their type comments read like imports of files
# that are not there, which would stop collectstatic.
UNUSED = ("django_htmx/",)


class ModuleManifestStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's hashed and compressed storage that also rewrites ``import … from "./x.js"``.

    Without it a hashed module would import its neighbour under the plain name, which is served without
    the far-future cache and could be of another release.
    """

    support_js_module_import_aggregation = True

    def post_process(self, paths: dict[str, Any], *args: Any, **options: Any) -> Iterator[Any]:
        """Hash, rewrite and compress everything but what no page uses."""
        used = {name: source for name, source in paths.items() if not name.startswith(UNUSED)}
        yield from super().post_process(used, *args, **options)
