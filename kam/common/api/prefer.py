"""What a client would rather have answered (RFC 7240)."""

MINIMAL = "return=minimal"


def prefers_minimal(header: str | None) -> bool:
    """Whether a Prefer header asks for no more than the client cannot know itself (§4.2).

    Of a preference that is given twice the first counts (§2); a server is free to answer in full all the same.
    """
    for preference in (header or "").split(","):
        name, _, value = preference.split(";", 1)[0].partition("=")
        if name.strip().lower() == "return":
            return value.strip().strip('"').lower() == "minimal"
    return False
