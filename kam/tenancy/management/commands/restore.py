"""`restore FILE`: bring a backup back, checked before anything is replaced."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from kam.common.commands import JsonCommand
from kam.tenancy.backup import restore


class Command(JsonCommand):
    help = "Restore a backup. A database that holds tenants is replaced only with --force, and kept under another name."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--force", action="store_true", help="replace a database that holds tenants")

    def run(self, *, file: Path, force: bool, **options: Any) -> dict[str, Any]:
        return restore(file.expanduser().absolute(), force=force)
