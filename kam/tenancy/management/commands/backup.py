"""`backup FILE`: PostgreSQL's own dump of everything, checked."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from kam.common.commands import JsonCommand
from kam.tenancy.backup import backup


class Command(JsonCommand):
    help = "Dump the whole database into FILE, with its checksum and row counts in FILE.json."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path)

    def run(self, *, file: Path, **options: Any) -> dict[str, Any]:
        return backup(file.expanduser().absolute())
