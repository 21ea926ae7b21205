"""pytest plugin (`-p tests.servers`): real servers before Django's settings read their addresses."""

from kam.embedded import export_environment

export_environment()
