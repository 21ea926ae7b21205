"""Identifiers: UUID version 7, so that keys grow with time and indexes stay compact."""

import secrets
import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new UUIDv7 (RFC 9562), sortable by the millisecond it was made."""
    return uuid_utils.compat.uuid7()


def uuid7_prefix() -> str:
    """The first 28 characters of a UUIDv7; 8 hexadecimal digits of a counter make it a key.

    For rows written set by set: a random part for each costs more than the rest of the row. The random part is
    drawn anew, because keys of one millisecond differ only in the end that the counter replaces.
    """
    return str(uuid.UUID(int=uuid7().int >> 62 << 62 | secrets.randbits(30) << 32))[:28]


def uuid7_run(count: int) -> list[str]:
    """`count` keys with one prefix, counting up."""
    prefix = uuid7_prefix()
    return [f"{prefix}{number:08x}" for number in range(count)]
