"""What never stands in a log: e-mail addresses, tokens, passwords in addresses, keys in paths."""

import re
from collections.abc import MutableMapping
from typing import Any

_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_TOKEN = re.compile(r"\bkam_[0-9a-f]{8,}")
_CREDENTIAL = re.compile(r"(://[^:/@\s]*:)[^@/\s]+@")
# Paths whose last part opens something: an invitation, a password reset, a confirmed address.
_KEYED = re.compile(r"(/invitations/[^/\s]+/|/password/reset/key/|/confirm-email/)[^/\s\"']+")


def scrub(text: str) -> str:
    """The text without e-mail addresses, tokens, passwords in addresses, and keys in paths."""
    text = _KEYED.sub(r"\1…", text)
    text = _CREDENTIAL.sub(r"\1…@", text)
    text = _TOKEN.sub("kam_…", text)
    return _EMAIL.sub("[e-mail]", text) if "@" in text else text


def scrub_event(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """structlog processor: scrubs every text of an event. Stands right before the renderer."""
    for key, value in event.items():
        if isinstance(value, str):
            event[key] = scrub(value)
        elif isinstance(value, BaseException | dict | list | tuple):
            event[key] = scrub(str(value))
    return event
