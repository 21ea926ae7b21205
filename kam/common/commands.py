"""Management commands that programs read: one JSON line on success, one clear line on stderr otherwise."""

import json
import os
import sys
from abc import ABC, abstractmethod
from typing import Any, NoReturn

from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.core.management.base import BaseCommand, CommandError, handle_default_options
from django.db import DatabaseError, connections

from kam.common.errors import ApplicationError


class JsonCommand(BaseCommand, ABC):
    """A command whose `run` returns what is printed as one JSON line (INTERFACE §1).

    Exit code 0 only when it worked; otherwise 1 (2 for a wrong command line) and one line on stderr, without
    a traceback unless `--traceback` asks for it. `call_command` raises CommandError with the same line.
    """

    requires_system_checks: list[str] = []

    @abstractmethod
    def run(self, *args: Any, **options: Any) -> dict[str, Any] | None:
        """Do the work; the returned value is printed. None prints nothing. Raises ApplicationError."""

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            answer = self.run(**options)
        except (ApplicationError, ValidationError, ImproperlyConfigured, DatabaseError, OSError) as error:
            raise CommandError(one_line(error)) from error
        if answer is not None:
            self.stdout.write(json.dumps(answer, ensure_ascii=False, default=str))

    def run_from_argv(self, argv: list[str]) -> None:
        try:
            parsed = self.create_parser(argv[0], argv[1]).parse_args(argv[2:])
        except CommandError as error:
            self._fail(one_line(error).removeprefix("Error: "), 2)
        options = vars(parsed)
        handle_default_options(parsed)
        args = options.pop("args", ())
        try:
            self.execute(*args, **options)
        except CommandError as error:
            if options["traceback"]:
                raise
            self._fail(one_line(error), error.returncode)
        except KeyboardInterrupt:
            self._fail("Stopped.", 130)
        except BrokenPipeError:
            # Whoever read the output has gone: nothing may be written any more, not even at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        finally:
            connections.close_all()

    def _fail(self, message: str, code: int) -> NoReturn:
        self.stderr.write(message)
        sys.exit(code)


def one_line(error: BaseException) -> str:
    """What went wrong as one line: fields are named, database details left out."""
    if isinstance(error, ApplicationError):
        text = error.message
    elif isinstance(error, ValidationError):
        named = error.message_dict.items() if hasattr(error, "error_dict") else [("", error.messages)]
        text = " ".join(f"{field}: {' '.join(found)}" if field else " ".join(found) for field, found in named)
    elif isinstance(error, DatabaseError):
        text = f"The database refused: {(str(error).strip().splitlines() or ['no reason given'])[0]}"
    else:
        text = str(error)
    return " ".join(text.split()) or type(error).__name__
