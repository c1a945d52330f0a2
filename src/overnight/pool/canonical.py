"""The one byte form of a JSON value, which signatures and digests are taken over.

Source: RFC 8785, JSON Canonicalization Scheme.
"""

import hashlib
from collections.abc import Mapping, Sequence

Json = Mapping[str, "Json"] | Sequence["Json"] | str | int | float | bool | None


def canonical(value: object) -> bytes:
    """The canonical form of a value of JSON.

    Raises:
        ValueError: it has a number, a key or a type that JSON of this form cannot have.
    """
    import rfc8785

    return bytes(rfc8785.dumps(value))  # type: ignore[arg-type]  # its own type of JSON


def digest_of(value: object) -> str:
    """SHA-256 over the canonical form, hex."""
    return hashlib.sha256(canonical(value)).hexdigest()
