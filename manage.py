#!/usr/bin/env python
"""Django's command line, with the embedded servers started first where a command needs them."""

from __future__ import annotations

import os
import sys
from pathlib import Path

# Commands that never touch a server: they must stay quick, and work where none can start.
SERVERLESS = frozenset({"help", "version", "--help", "-h", "--version", "collectstatic", "spectacular"})


def main() -> int:
    """Run the management command in `sys.argv`; one clear line and exit code 1 where servers cannot start."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "kam.settings.dev")
    sys.path.insert(0, str(Path(__file__).resolve().parent))
    try:
        from django.core.exceptions import ImproperlyConfigured
        from django.core.management import execute_from_command_line
    except ImportError:
        print(
            "Django is not installed here: run this with .venv/bin/python (`make run` builds it).",
            file=sys.stderr,
        )
        return 1
    if len(sys.argv) > 1 and sys.argv[1] not in SERVERLESS:
        from kam.embedded import EmbeddedServerError, export_environment

        try:
            export_environment()
        except EmbeddedServerError as error:
            print(f"{error}", file=sys.stderr)
            return 1
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:
        if "--traceback" in sys.argv:
            raise
        print(f"{error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
