"""Statements that the database works on while Python computes what comes next, on the same connection.

Publishing takes as much of the database as of Python. One after the other, one processor waits for the other; beside
each other they take as long as the longer one, and still are one transaction.
"""

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import IO, Any, Self

from django.db import connection


class Beside:
    """A queue of statements of the open transaction, worked off in their order by one thread.

    psycopg2 lets one statement at a time through a connection, so a query that the caller makes meanwhile waits
    its turn; call `wait` first where it must see what is queued. Leaving the block waits for all of them, and
    raises what the first one failed with, also in place of what the caller failed with after it.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="kam-beside")
        self._queue: list[Future[Any]] = []

    def execute(self, statement: str, params: Sequence[Any]) -> None:
        """Queue a statement without an answer."""
        # Connections of Django belong to a thread, their cursors do not.
        self._queue.append(self._thread.submit(connection.cursor().execute, statement, params))

    def copy_in(self, statement: str, rows: IO[bytes]) -> None:
        """Queue a COPY … FROM STDIN."""
        cursor, errors = connection.cursor(), connection.wrap_database_errors

        def copy() -> None:
            with errors:
                cursor.cursor.copy_expert(statement, rows)

        self._queue.append(self._thread.submit(copy))

    def wait(self) -> None:
        """Wait until everything queued is done; raises what the first one failed with."""
        queued, self._queue = self._queue, []
        for statement in queued:
            statement.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # The transaction must not end under a statement that is still at work.
        self._thread.shutdown(wait=True, cancel_futures=kind is not None)
        if kind is None:
            self.wait()
            return
        # The caller may only have met the transaction that one of them had broken.
        for statement in self._queue:
            failure = None if statement.cancelled() else statement.exception()
            if failure is not None:
                raise failure from error
