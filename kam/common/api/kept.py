"""Answers that are dear to make, kept in this process under their strong entity tag."""

import threading
from collections import OrderedDict


class Encoded(bytes):
    """A body that is encoded already."""


class KeptAnswers:
    """The answers asked for last, up to so many megabytes.

    Only for tags that cover all that the answer shows, the object it belongs to included: then the same tag is the
    same answer, and nothing kept can be stale. Who may read it is decided before, on every request.
    """

    def __init__(self, *, megabytes: int) -> None:
        self._size = self._room = megabytes * 2**20
        self._kept: OrderedDict[str, Encoded] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, tag: str) -> Encoded | None:
        """The answer of a tag; None where nobody asked for it lately."""
        with self._lock:
            found = self._kept.get(tag)
            if found is not None:
                self._kept.move_to_end(tag)
            return found

    def keep(self, tag: str, answer: Encoded) -> None:
        """Keep an answer; those that nobody has asked for longest make room."""
        if len(answer) > self._size:
            return
        with self._lock:
            self._room += len(self._kept.pop(tag, b""))
            self._kept[tag] = answer
            self._room -= len(answer)
            while self._room < 0:
                _, oldest = self._kept.popitem(last=False)
                self._room += len(oldest)
