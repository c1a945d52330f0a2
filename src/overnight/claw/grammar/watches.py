"""Sentences that set a watch: what to look for, with the words of it, and how often."""

import re
from collections.abc import Mapping

from overnight.claw.grammar.sentence import Meaning, Sentence, Talk, direct, form, wants
from overnight.words.foreign import printable

SHOWN = 60  # characters of what a person said, in an answer
_EVERY = r"(?:,? (?:look(?:ing)? )?every (?P<every>\d{1,4} (?:minutes?|hours?)))?"
_TELL = r"(?:tell|notify|ping) me (?:when|once|if|as soon as) "
_REPO = r"(?:the )?(?P<repo>[\w-]{1,40})"


def _kept(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """A campaign has more that is kept than none."""
    repo = _known(found, talk)
    if isinstance(repo, Meaning):
        return repo
    return _watch(found, f"{repo} has a keep", operation="status", repo=repo, field="kept", wanted="> 0")


def _ended(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """A campaign does not run any more."""
    repo = _known(found, talk)
    if isinstance(repo, Meaning):
        return repo
    return _watch(found, f"{repo} does not run any more", operation="status", repo=repo, field="running", fails=True)


def _known(found: Mapping[str, str], talk: Talk) -> str | Meaning:
    repo = found["repo"].lower()
    if repo in talk.repos:
        return repo
    there = f"Those of claw.yaml: {', '.join(talk.repos)}." if talk.repos else "claw.yaml has none under `repos`."
    return Meaning(say=f"I know no repository `{printable(repo, SHOWN)}`. {there}")


def _action(found: Mapping[str, str], _talk: Talk) -> Meaning | None:
    """A result waits for the owner."""
    return _watch(found, "an action waits for you", operation="board", field="needs_you.count", wanted="> 0")


def _command(found: Mapping[str, str], _talk: Talk) -> Meaning | None:
    """A command of the owner, in quotes, succeeds or fails."""
    command, fails = found["command"].strip(), found["how"].lower() == "fails"
    given = {"fails": True} if fails else {}
    return _watch(found, f"`{command}` {'fails' if fails else 'succeeds'}", command=command, **given)


def _watch(found: Mapping[str, str], what: str, **given: object) -> Meaning:
    every = {"every": found["every"].lower()} if found["every"] else {}
    return Meaning(calls=(direct("claw watch", what=what, **given, **every),))


def _else(found: Mapping[str, str], talk: Talk) -> Meaning | None:
    """What is to be watched is not known; with a model, that may know."""
    if talk.models or re.match(r"(?:it is|it's|at) \d", found["what"].lower()):
        return None
    return Meaning(
        say="I can watch what a command or a repository says. Say for example:\n"
        "  tell me when `make -C ~/src/parser test` fails, every 10 minutes\n"
        "  tell me when parser has a keep\n  tell me when an action waits for me"
    )


SENTENCES: tuple[Sentence, ...] = (
    form("watches", "tell me when parser has a keep", rf"{_TELL}{_REPO} (?:has|finds|gets) a keep{_EVERY}", _kept),
    form(
        "watches",
        "tell me when parser is done",
        rf"{_TELL}{_REPO} (?:is done|is over|ends|has ended|stops|is finished|has finished){_EVERY}",
        _ended,
    ),
    form("watches", "tell me when an action waits for me", rf"{_TELL}an? (?:action|result) waits(?: for me)?{_EVERY}", _action),
    form(
        "watches",
        "tell me when `make -C ~/src/parser test` fails, every 10 minutes",
        rf"{_TELL}(?P<quote>[`\"'])(?P<command>[^`]+?)(?P=quote) (?P<how>fails|succeeds|works){_EVERY}",
        _command,
    ),
    form("watches", "watches", r"(?:show |list )?(?:my |the |all )?watches|what do you watch", wants("claw schedule")),
    form("watches", "tell me when parser has a keep", rf"(?:{_TELL}|watch )(?P<what>.+)", _else),
)
