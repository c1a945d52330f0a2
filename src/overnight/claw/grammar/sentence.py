"""A form of sentence, and what is meant by one."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from overnight.claw.grammar.seen import Seen
from overnight.claw.port import Turn, Wanted


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What is to be called for a sentence, or else what is to be said to it."""

    calls: tuple[Wanted, ...] = ()
    say: str = ""
    failed: bool = False  # nothing is done about it
    then: tuple[Wanted, ...] = ()  # what is to be called when all of `calls` is done


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """What a sentence is said in."""

    turn: Turn
    seen: Seen  # what was said and called before
    repos: tuple[str, ...]  # names of the repositories of claw.yaml
    models: bool = False  # whether a mind with a model is asked next


Mean = Callable[[Mapping[str, str], Talk], Meaning | None]  # None: it is no sentence of this form after all


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """One form of sentence."""

    subject: str  # under which help lists it
    examples: tuple[str, ...]  # the first is shown first
    pattern: re.Pattern[str]
    mean: Mean
    members: bool = False  # whether a person who is not the owner may say it
    words: frozenset[str] = field(default_factory=frozenset)  # that stand in its pattern, for what was mistyped


def form(subject: str, examples: str, pattern: str, mean: Mean, *, members: bool = False) -> Sentence:
    """A form; `examples` are separated by ` | `."""
    plain = re.sub(r"\(\?P<\w+>|\(\?:|\\\w", " ", pattern)
    return Sentence(
        subject=subject,
        examples=tuple(examples.split(" | ")),
        pattern=re.compile(pattern, re.IGNORECASE),
        mean=mean,
        members=members,
        words=frozenset(re.findall(r"[a-z]{4,}", plain)),
    )


def wants(operation: str, **fields: str) -> Mean:
    """A call whose inputs are the groups of these names."""
    return lambda found, _: Meaning(
        calls=(direct(operation, **{name: found[group].strip() for name, group in fields.items()}),)
    )


def direct(operation: str, repo: str = "", /, **given: object) -> Wanted:
    """A call that a person asked for in so many words."""
    return Wanted(operation=operation, given=given, repo=repo, direct=True)
