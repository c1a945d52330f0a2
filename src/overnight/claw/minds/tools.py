"""The tools of a model that thinks for a claw: a few that reach every operation, each call of which is an operation's."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import parse_qsl

from pydantic import BeforeValidator, Field

from overnight.claw.port import Wanted
from overnight.errors import UserError
from overnight.models.asking.tools import Tool
from overnight.operations.page import REPOSITORY
from overnight.operations.pages import find_page
from overnight.words.foreign import printable

LONGEST = 200  # characters of what a model wrote, in a message
REPO = Field(description="a repository's name, if it is about one")


class NoCall(ValueError):  # noqa: N818  # an outcome
    """A tool was used in a way that is no call; says why in one line, for the model."""


def _as_text(given: object) -> object:
    """What weak models write in place of a text."""
    if given is None:
        return ""
    return json.dumps(given) if isinstance(given, dict) else given


@dataclass(frozen=True, slots=True, kw_only=True)
class Find:
    """For `find`."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallOperation:
    """For `call`."""

    operation: str
    input: Annotated[str, BeforeValidator(_as_text), Field(description="a JSON object")] = "{}"
    repo: Annotated[str, BeforeValidator(_as_text), REPO] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """For `look`."""

    address: Annotated[str, Field(description="such as /home, /actions, /repos/R/campaigns/T")]


@dataclass(frozen=True, slots=True, kw_only=True)
class RecallWords:
    """For `recall`."""

    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Remember:
    """For `remember`."""

    text: Annotated[str, Field(description="one sentence that stands alone")]
    corrects: Annotated[int, Field(description="number of the fact that it replaces")] = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Remind:
    """For `remind`."""

    when: Annotated[str, Field(description="`in 20 minutes`, `at 22:00`, `every weekday at 8`, `2026-12-24 08:00`")]
    what: str
    act: Annotated[bool, Field(description="it is for you to do then, and not for the person")] = False


TOOLS: Sequence[Tool] = (
    Tool(name="find", about="Find operations by words: their names, inputs and risk.", input=Find),
    Tool(name="call", about="Call an operation that `find` named.", input=CallOperation),
    Tool(name="look", about="Read a page of overnight: campaigns, actions, what runs.", input=Look),
    Tool(name="recall", about="Search what was said and noted before.", input=RecallWords),
    Tool(name="remember", about="Note a fact for later, or correct one.", input=Remember),
    Tool(name="remind", about="Say or do something at a time.", input=Remind),
)


def wanted_of(given: object) -> Wanted:
    """The operation that a tool's input asks for.

    Raises:
        NoCall: it asks for none.
    """
    match given:
        case Find(words=words):
            return Wanted(operation="claw tools", given={"words": words})
        case CallOperation(operation=operation, input=text, repo=repo):
            return Wanted(operation=operation.strip(), given=_object(text), repo=repo)
        case Look(address=address):
            return _page(address)
        case RecallWords(words=words):
            return Wanted(operation="claw recall", given={"words": words})
        case Remember(text=text, corrects=corrects):
            return Wanted(operation="claw note", given={"text": text, "corrects": corrects})
        case Remind(when=when, what=what, act=act):
            return Wanted(operation="claw remind", given={"when": when, "what": what, "act": act})
        case _:
            raise NoCall("it is no tool of yours")


def _object(text: str) -> dict[str, object]:
    try:
        found = json.loads(text or "{}")
    except ValueError as error:
        raise NoCall(f"`input` is no JSON: {printable(str(error), LONGEST)}") from None
    if not isinstance(found, dict):
        raise NoCall("`input` is no JSON object")
    return found


def _page(address: str) -> Wanted:
    """The operation that a page shows."""
    from overnight.operations.fields import foreign_inputs_of

    path, _, query = address.partition("?")
    try:
        found = find_page(path.rstrip("/") or "/home")
    except UserError as error:
        raise NoCall(printable(str(error), LONGEST)) from None
    if found is None:
        raise NoCall(f"there is no page {printable(path, LONGEST)}; begin at /home")
    page, parts = found
    given = {**dict(parse_qsl(query)), **{name: text for name, text in parts.items() if name != REPOSITORY}}
    forms = {field.name: field.form for field in foreign_inputs_of(page.operation)}
    return Wanted(
        operation=page.operation.name,
        given={name: _value(text, forms.get(name)) for name, text in given.items()},
        repo=parts.get(REPOSITORY, ""),
    )


def _value(text: str, form: object) -> object:
    """A part of an address as the type of its input."""
    if form in (int, float, bool):
        try:
            return json.loads(text.lower())
        except ValueError:
            return text  # the operation says what is wrong with it
    return text
