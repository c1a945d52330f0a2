"""What can be done, found by words: for a model that has no room for all of it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, get_args

from overnight.claw.operations._claw import Claw
from overnight.operations.fields import InputField, foreign_inputs_of
from overnight.operations.operation import AnyOperation, Argument, Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.registry import offered
from overnight.words.foreign import printable

MOST = 6  # operations that are named
_WORD = re.compile(r"[a-z]{2,}")


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsInput:
    """What is looked for."""

    words: Annotated[str, Argument(about="What you want to do, in a few words.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolLine:
    """One operation."""

    name: str
    about: str
    takes: str  # its inputs: names, types, what each is
    tier: Tier
    of_repository: bool  # it needs the name of a repository


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolsFound:
    """What `claw tools --json` prints."""

    tools: Sequence[ToolLine]  # best first


def run(_context: Context, given: ToolsInput) -> ToolsFound:
    """Those that have the most of the words; rare words count more."""
    texts = [(each, words_of(_text_of(each)), words_of(each.name)) for each in offered() if not each.owner_only]
    wanted = words_of(given.words)
    weight = {word: 1.0 / (1 + sum(word in words for _, words, _ in texts)) for word in wanted}
    scored = [
        (sum(weight[word] * (3 if word in name else 1) for word in wanted if word in words), each.name, each)
        for each, words, name in texts
    ]
    found = sorted((each for each in scored if each[0] > 0), key=lambda each: (-each[0], each[1]))[:MOST]
    return ToolsFound(tools=[_line_of(each) for _, _, each in found])


def render(found: ToolsFound) -> str:
    """A line for each: `name(input: type, other?: type)`, what it does, and its risk."""
    lines = [
        f"{each.name}({each.takes}) — {printable(each.about, 200)} [{each.tier}{', needs repo' if each.of_repository else ''}]"
        for each in found.tools
    ]
    return "\n".join(lines) or "nothing here does that"


def words_of(text: str) -> frozenset[str]:
    """Its words, without the ends that numbers and forms of verbs have."""
    return frozenset(word.rstrip("s").removesuffix("ing").removesuffix("ed") for word in _WORD.findall(text.lower()))


def _text_of(operation: AnyOperation) -> str:
    inputs = " ".join(f"{each.name} {each.place.about}" for each in foreign_inputs_of(operation))
    return f"{operation.name} {operation.about} {inputs}"


def _line_of(operation: AnyOperation) -> ToolLine:
    takes = ", ".join(_input_of(each) for each in foreign_inputs_of(operation) if each.name != "claw")
    return ToolLine(
        name=operation.name,
        about=operation.about,
        takes=takes,
        tier=operation.tier,
        of_repository=not operation.of_machine,
    )


def _input_of(field: InputField) -> str:
    optional = "" if field.default is ... else "?"
    about = f" ({printable(field.place.about.rstrip('.'), 80)})" if field.place.about else ""
    return f"{field.name}{optional}: {_form_of(field)}{about}"


def _form_of(field: InputField) -> str:
    if field.enumeration:
        return "|".join(str(each.value) for each in field.enumeration)
    form: Any = field.form  # Any: a class, or a form of one
    inner = get_args(form)
    return f"list of {getattr(inner[0], '__name__', 'text')}" if inner else getattr(form, "__name__", "text")


OPERATION = Operation(
    name="claw tools",
    about="Find what the claw can do, by words.",
    input=ToolsInput,
    output=ToolsFound,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
