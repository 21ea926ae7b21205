"""Static files with the hash of their content in the name, ES module imports included."""

from whitenoise.storage import CompressedManifestStaticFilesStorage


class ModuleManifestStaticFilesStorage(CompressedManifestStaticFilesStorage):
    """WhiteNoise's hashed and compressed storage that also rewrites ``import … from "./x.js"``.

    Without it a hashed module would import its neighbour under the plain name, which is served without
    the far-future cache and could be of another release.
    """

    support_js_module_import_aggregation = True
