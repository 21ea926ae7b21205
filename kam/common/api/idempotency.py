"""A retry never doubles (RELIABILITY 5): where POST handlers meet the store of answers already given.

The store knows tenants and lives a floor higher; it registers itself here.
"""

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, Protocol

from rest_framework.request import Request

from kam.common.errors import InvalidInputError

HEADER = "Idempotency-Key"
Handler = Callable[..., Any]
_KEY = re.compile(r"[!-~]{1,255}", re.ASCII)


class AnswerStore(Protocol):
    def answer_once(self, request: Request, key: str, work: Callable[[], Any]) -> Any:
        """The first answer to this key again, or the work's answer, which it keeps."""


_store: AnswerStore | None = None


def register_answer_store(store: AnswerStore) -> None:
    """Install the store (once, when the application starts)."""
    global _store
    _store = store


def idempotent(handler: Handler) -> Handler:
    """Make a view's `post` answer a repeated Idempotency-Key with its first answer, byte for byte."""

    @wraps(handler)
    def once(view: Any, request: Request, *args: Any, **kwargs: Any) -> Any:
        key = request.headers.get(HEADER)
        if key is None or _store is None or getattr(request, "principal", None) is None:
            return handler(view, request, *args, **kwargs)
        if not _KEY.fullmatch(key):
            raise InvalidInputError.of(HEADER, "Expected 1 to 255 visible ASCII characters, no spaces.")
        return _store.answer_once(request, key, lambda: handler(view, request, *args, **kwargs))

    return once
