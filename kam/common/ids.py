"""Identifiers: UUID version 7, so that keys grow with time and indexes stay compact."""

import uuid

import uuid_utils.compat


def uuid7() -> uuid.UUID:
    """A new UUIDv7 (RFC 9562), sortable by the millisecond it was made."""
    return uuid_utils.compat.uuid7()
