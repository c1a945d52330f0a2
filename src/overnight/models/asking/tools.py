"""Tools that a model may call, typed, and calls read by their types: what a model gets wrong is a value, never an exception."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic_core import from_json, to_json

from overnight.models.asking.messages import Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.schemas import LONGEST, Shape, as_object, shape_of
from overnight.models.pictures import Picture
from overnight.words.foreign import printable

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,63}")  # what all wires take
_NO_NAME = re.compile(r"[^A-Za-z0-9_-]")
_SHOWN = 80  # characters of what a model wrote
_NOT_DONE = "Not done: {why}"
_CAME_OF = "What came of the call of `{name}` with {arguments}:\n{text}"  # that was written as text


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that a model may ask for."""

    name: str
    about: str  # for the model: what it does, and when to use it
    input: type  # a dataclass or a pydantic model
    strict: bool = True  # whether servers that can do so are asked to hold the model to the schema
    aliases: frozenset[str] = frozenset()  # other names under which models write its calls as text
    alone: bool = False  # if no other is offered, a call of any name is meant for it
    shape: Shape = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Raises TypeError or ValueError if not every wire has a form for it."""
        if not _NAME.fullmatch(self.name):
            raise ValueError(f"a tool's name has up to 64 letters, digits, _ and -, not {self.name!r}")
        object.__setattr__(self, "shape", shape_of(self.input))


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A call that can be carried out."""

    id: str
    tool: Tool
    input: object  # an instance of the tool's type
    said: ToolCall  # as the dialogue keeps it
    written: bool = False  # as text, for which no wire has a result

    def result(self, text: str, pictures: Sequence[Picture] = ()) -> Message:
        """What came of it, to go into the dialogue behind the answer."""
        return _result(self.said, text, pictures, written=self.written)


@dataclass(frozen=True, slots=True, kw_only=True)
class BadCall:
    """A call that cannot be carried out, and why."""

    id: str
    why: str  # one line, for the model
    said: ToolCall

    def result(self) -> Message:
        """What the model is told, to go into the dialogue behind the answer."""
        return _result(self.said, _NOT_DONE.format(why=self.why), (), written=False)


def read_call(id_: str, name: str, arguments: object, seal: str, tools: Sequence[Tool]) -> Call | BadCall:
    """A call as one of the tools understands it."""
    tool = find(name, tools)
    if tool is None:
        names = ", ".join(each.name for each in tools) or "none"
        why = f"there is no tool `{printable(name, _SHOWN)}`; the tools are: {names}"
        return BadCall(id=id_, why=why, said=ToolCall(id=id_, name=safe_name(name), arguments=_raw(arguments), seal=seal))
    try:
        value, said = tool.shape.read(as_object(arguments))
    except ValueError as error:
        why = f"the arguments do not fit: {printable(str(error), 2 * _SHOWN + 200)}"
        return BadCall(id=id_, why=why, said=ToolCall(id=id_, name=tool.name, arguments=_raw(arguments), seal=seal))
    return Call(id=id_, tool=tool, input=value, said=ToolCall(id=id_, name=tool.name, arguments=said, seal=seal))


def find(name: str, tools: Sequence[Tool]) -> Tool | None:
    """The tool that a call by the wire is meant for."""
    named = next((tool for tool in tools if tool.name == name), None)
    return named or (tools[0] if len(tools) == 1 and tools[0].alone else None)


def safe_name(name: str) -> str:
    """A name as every wire takes it, also one that a model made up."""
    safe = _NO_NAME.sub("_", name[:64])
    return safe if _NAME.fullmatch(safe) else "unknown"


def _raw(arguments: object) -> Mapping[str, object]:
    """What a model wrote in place of arguments, as far as it can be said again."""
    try:
        written = to_json(as_object(arguments), inf_nan_mode="null")
    except ValueError:
        return {}
    if len(written) > LONGEST:
        return {}
    said: Mapping[str, object] = from_json(written)
    return said


def _result(said: ToolCall, text: str, pictures: Sequence[Picture], *, written: bool) -> Message:
    if not written:
        return ToolResult(id=said.id, name=said.name, text=text, pictures=pictures)
    arguments = printable(to_json(said.arguments).decode(), _SHOWN)
    return UserMessage(text=_CAME_OF.format(name=said.name, arguments=arguments, text=text), pictures=pictures)
