"""Removes secrets from notices: the known ones, and whatever looks like one.

Does not cover: an unknown secret of another shape.
"""

import re
from collections.abc import Iterable
from dataclasses import replace

from overnight.notices.notice import Notice

SHORTEST_SECRET = 6  # characters; hiding shorter texts would hide plain words
HIDDEN = "[hidden]"
# Shapes that are always secrets: keys of common services, and a password in a URL.
_SECRET_SHAPES = re.compile(
    r"\b(?:sk-|gh[pousr]_|github_pat_|glpat-|hf_|xox[abprs]-|AKIA|ASIA|AIza|tk_)[\w-]{8,}|(?<=://)[^/\s:@]*:[^/\s@]*(?=@)|(?i:bearer)\s+[\w.~+/-]{8,}"
)


def without_shapes(text: str) -> str:
    """A text without whatever looks like a key or a password."""
    return _SECRET_SHAPES.sub(HIDDEN, text)


def without_secrets(notice: Notice, secrets: Iterable[str]) -> Notice:
    """The notice with these texts hidden, and whatever looks like a key or password."""
    longest_first = sorted({secret for secret in secrets if len(secret) >= SHORTEST_SECRET}, key=len, reverse=True)
    known = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def clean(text: str) -> str:
        return without_shapes(known.sub(HIDDEN, text) if known else text)

    return replace(
        notice,
        title=clean(notice.title),
        lines=tuple(clean(line) for line in notice.lines),
        facts={name: clean(fact) for name, fact in notice.facts.items()},
    )
