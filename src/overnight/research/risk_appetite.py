"""How bold an organisation should be, parsed from what people write about risk."""

import re
from collections.abc import Mapping

DEFAULT_BOLD = 0.3  # share of bold ideas if the program does not say
LEVELS: Mapping[str, float] = {"low": 0.1, "medium": 0.3, "moderate": 0.3, "balanced": 0.3, "high": 0.6}
FRACTIONS: Mapping[str, str] = {"half": "50 %", "third": "33 %", "quarter": "25 %"}
LOOKED_AT = 5000  # characters

_CLAUSE = re.compile(r"[;\n]|,(?!\d)|\.(?!\d)")
_NUMBER = r"(?P<number>\d{1,3}(?:[.,]\d{1,6})?)\s*(?P<percent>%|percent\b|per cent\b)?"
_BOLD = r"\b(?:bold|daring|risky)\b"
_SAFE = r"\b(?:safe|cautious)\b"
_BEFORE = r"[^\d%]{0,40}?"  # between the number and the word
_FRACTION = re.compile(rf"\b(?:an?\s+|one\s+)?({'|'.join(FRACTIONS)})\b", re.IGNORECASE)
_NONE_OR_ALL = re.compile(rf"\b(?P<how>no|never|without|only|all)\s+(?P<what>{_BOLD}|{_SAFE})", re.IGNORECASE)
_LEVEL = "|".join(LEVELS)
_STATED_LEVEL = re.compile(
    rf"(?:^|\b(?:risk|appetite|level)\b\s*(?:appetite\s*)?(?:is|:|=|-)?\s*)[*_`]*(?P<after>{_LEVEL})\b(?=[*_`]*(?:[.,;!]|$|\s+(?:risk|appetite)))"
    rf"|\b(?P<before>{_LEVEL})\s+(?:risk|appetite)\b",
    re.IGNORECASE | re.MULTILINE,
)


def share_of_bold(text: str) -> float | None:
    """The share of bold ideas that a text asks for, 0 to 1; None if it does not say.

    Recognized: `30 % bold`, `half of them bold`, `share of bold ideas: 0.3`, `70 % safe`, `only bold ideas`, `no bold ideas`,
    `risk: low`.
    """
    text = _FRACTION.sub(lambda found: FRACTIONS[found[1].lower()], text[:LOOKED_AT])
    clauses = _CLAUSE.split(text)
    for word, of_bold in ((_BOLD, True), (_SAFE, False)):
        for clause in clauses:
            share = _number_at(word, clause)
            if share is not None:
                return share if of_bold else round(1.0 - share, 6)
    if whole := _NONE_OR_ALL.search(text):
        all_of_it = whole["how"].lower() in {"only", "all"}
        bold = re.fullmatch(_BOLD, whole["what"], re.IGNORECASE) is not None
        return float(all_of_it == bold)
    level = _STATED_LEVEL.search(text)
    return LEVELS[(level["after"] or level["before"]).lower()] if level else None


def _number_at(word: str, clause: str) -> float | None:
    """The share written before a word, otherwise after it."""
    for pattern in (rf"{_NUMBER}{_BEFORE}{word}", rf"{word}{_BEFORE}{_NUMBER}"):
        for found in re.finditer(pattern, clause, re.IGNORECASE):
            written = found["number"].replace(",", ".")
            number, is_share = (
                float(written),
                "." in written or re.search(r"\b(?:share|fraction|ratio|part)\b", clause, re.IGNORECASE),
            )
            if found["percent"] and number <= 100:  # noqa: PLR2004  # percent
                return number / 100.0
            if not found["percent"] and is_share and number <= 1.0:
                return number
    return None
