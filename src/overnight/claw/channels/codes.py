"""Codes that a person types once: short, without letters that look alike, compared by a salted digest. Pure but for chance."""

import hashlib
import hmac
import re
import secrets

ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without I, O, 0 and 1
HALF = 4
_CODE = re.compile(rf"([{ALPHABET}]{{{HALF}}})[ -]?([{ALPHABET}]{{{HALF}}})", re.IGNORECASE)


def new_code() -> str:
    """A code of forty bits."""
    letters = "".join(secrets.choice(ALPHABET) for _ in range(2 * HALF))
    return f"{letters[:HALF]}-{letters[HALF:]}"


def code_in(text: str) -> str:
    """The code that a text is, in the form of `new_code`; empty if it is none."""
    found = _CODE.fullmatch(text.strip()) if len(text) <= 4 * HALF else None
    return f"{found[1]}-{found[2]}".upper() if found else ""


def digest_of(code: str, salt: str) -> str:
    """What is kept of a code."""
    return hashlib.sha256(f"{salt} {code}".encode()).hexdigest()


def is_code(code: str, salt: str, digest: str) -> bool:
    """Whether this is the code, without telling by the time that it takes."""
    return hmac.compare_digest(digest_of(code, salt), digest)
