"""Finds changes that only draw another random seed, which are luck and no idea.

A courtesy to the budget, not a defence: a seed can be hidden in any arithmetic. What protects a campaign from lucky seeds is
that trials get fresh ones and that the gate asks for many.
"""

import io
import re
import tokenize
from collections.abc import Iterator, Sequence

_NAME = re.compile(r"(?:.*_)?(?:seeds?|random_?state|rng)", re.IGNORECASE)
_CALL = re.compile(r"(?:.*_)?seed(?:_all|_everything)?|default_rng|RandomState|Random|PRNGKey", re.IGNORECASE)
_MENTION = re.compile(rb"seed|random_?state|rng|Random|PRNGKey", re.IGNORECASE)

_LAYOUT = frozenset({tokenize.COMMENT, tokenize.NL, tokenize.ENCODING})
_OPERATORS = frozenset(("+", "-", "*", "**", "//", "%", "<<", ">>", "^", "|", "&", "~"))
_OPENING, _CLOSING = frozenset("(["), frozenset(")]")


def only_seed_differs(before: bytes, after: bytes) -> bool:
    """Whether two Python texts differ in nothing but the value of a random seed; False where one is no Python."""
    changed = set(before.splitlines()) ^ set(after.splitlines())
    if not any(_MENTION.search(line) for line in changed):
        return False  # the usual case, without reading the code
    try:
        old, new = _tokens(before), _tokens(after)
    except (tokenize.TokenError, SyntaxError, UnicodeDecodeError):
        return False
    return old != new and list(_without_seeds(old)) == list(_without_seeds(new))


def _tokens(source: bytes) -> list[tuple[int, str]]:
    found = tokenize.tokenize(io.BytesIO(source).readline)
    return [(token.type, "" if token.type in {tokenize.INDENT, tokenize.NEWLINE} else token.string)
            for token in found if token.type not in _LAYOUT]  # fmt: skip


def _without_seeds(tokens: Sequence[tuple[int, str]]) -> Iterator[str]:
    """The tokens, with a mark in the place of each constant that is a seed."""
    at = 0
    while at < len(tokens):
        end = _end_of_constant(tokens, at) if _takes_seed(tokens, at) else at
        yield "seed" if end > at else tokens[at][1]
        at = max(end, at + 1)


def _takes_seed(tokens: Sequence[tuple[int, str]], at: int) -> bool:
    """Whether what stands at `at` is the value of a seed: `SEED = `, `seed: int = `, `"seed": ` or `manual_seed(`."""
    match [text for _, text in tokens[max(0, at - 4) : at]]:
        case [*_, name, "="] if _NAME.fullmatch(name):
            return True
        case [*_, name, ":", _, "="] if _NAME.fullmatch(name):
            return True
        case [*_, key, ":"] if _NAME.fullmatch(key.strip("\"'")):
            return True
        case [*_, name, "("] if _CALL.fullmatch(name):
            return True
    return False


def _end_of_constant(tokens: Sequence[tuple[int, str]], at: int) -> int:
    """Where the constant expression that starts at `at` ends; `at` itself if there is none."""
    depth, end = 0, at
    while end < len(tokens):
        kind, text = tokens[end]
        if text in _OPENING:
            depth += 1
        elif depth and text in _CLOSING:
            depth -= 1
        elif not (kind in {tokenize.NUMBER, tokenize.STRING} or text in _OPERATORS or (depth and text == ",")):
            break
        end += 1
    return end if depth == 0 else at
