"""`demo`: builds or refreshes the demo tenant (INTERFACE §1)."""

import json
import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from kam.common.errors import ApplicationError
from metrics.demo.build import demo_build, demo_logins, demo_report


class Command(BaseCommand):
    help = "Build or refresh the demo tenant: 60 invented accounts with five years of ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--logins", action="store_true", help="print the demo's logins and do nothing else"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["logins"]:
            logins = demo_logins()
            if not logins:
                raise CommandError("There is no demo tenant. `manage.py demo` makes it.")
            self.stdout.write(json.dumps({"logins": logins}))
            return
        try:
            tenant = demo_build(today=timezone.localdate(), say=self._say)
        except ApplicationError as error:
            raise CommandError(error.message) from error
        self.stdout.write(demo_report(tenant))

    def _say(self, text: str) -> None:
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
