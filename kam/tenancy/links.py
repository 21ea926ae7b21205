"""Addresses that open something without a login: signed, with a random key of which only the digest is stored.

The tenant stands in the address, because row level security shows nothing before a tenant is entered; the
signature makes sure that an address we never gave out is refused before the database is asked.
"""

import hashlib
import secrets
import uuid

from django.core.signing import BadSignature, Signer


def key_make() -> str:
    """A new random key (256 bits), for one address."""
    return secrets.token_urlsafe(32)


def key_digest(key: str) -> str:
    """What is stored of a key."""
    return hashlib.sha256(key.encode()).hexdigest()


def token_sign(*, purpose: str, tenant_id: uuid.UUID, key: str) -> str:
    """The part of the address that opens it. `purpose` keeps addresses of one feature from opening another."""
    return Signer(salt=f"kam.link.{purpose}", sep=".").sign(f"{tenant_id.hex}{key}")


def token_read(*, purpose: str, token: str) -> tuple[uuid.UUID, str] | None:
    """(tenant id, key digest) of an address that we signed for this purpose; None of any other."""
    try:
        value = Signer(salt=f"kam.link.{purpose}", sep=".").unsign(token)
        return uuid.UUID(value[:32]), key_digest(value[32:])
    except (BadSignature, ValueError):
        return None
