"""One question to a model, whatever wire its provider speaks, with typed tools, pictures and answers of a type.

Nothing that a model says is an exception: a call that does not fit is a `BadCall`, an answer that does not fit has a `problem`,
and a refusal is an ending.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, overload

from pydantic_core import to_json

from overnight.models.asking.bounds import bounded, named
from overnight.models.asking.form import Ending, Form, Question
from overnight.models.asking.messages import AssistantMessage, Message
from overnight.models.asking.schemas import Shape, as_object, shape_of
from overnight.models.asking.tools import BadCall, Call, Tool, read_call
from overnight.models.asking.wires import anthropic, gemini, openai_chat, openai_responses
from overnight.models.asking.written import documents, written_calls
from overnight.models.failures import BAD_REQUEST, NOT_FOUND, UNPROCESSABLE
from overnight.models.port import ModelRun, ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS
from overnight.models.wires.wire import Counts
from overnight.words.foreign import one_line, printable

FORMS: Mapping[Wire, Form] = {
    Wire.OPENAI_CHAT: openai_chat,
    Wire.ANTHROPIC: anthropic,
    Wire.OPENAI_RESPONSES: openai_responses,
    Wire.GEMINI: gemini,
}
ANSWER_TOKENS = 8192  # at most, of an answer
IN_WORDS = "\n\nAnswer with one JSON object that fits this JSON schema, and with nothing else:\n{schema}"
# Words of an error about what only some servers know.
_SHAPE_WORDS = ("strict", "response_format", "response format", "json_schema", "output_config", "text.format", "responseschema",
                "response_schema", "responsemimetype", "schema", "structured output", "additionalproperties")  # fmt: skip
_WHY = 200  # characters of what was wrong
_MODEL = 100  # characters of a model's name

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer(Generic[T]):
    """What a model said."""

    text: str
    message: AssistantMessage  # to go into the dialogue, before the results of its calls
    ending: Ending
    wire: Wire
    model: str  # as its provider calls it, printable
    usage: Counts | None  # as the provider counts it; None if it does not; what is billed, the run's `usage` says
    calls: Sequence[Call | BadCall] = ()
    left_out: int = 0  # calls beyond those that are read
    value: T | None = None  # of the type that was asked for; None if none was, or there is a `problem`
    problem: str = ""  # why the answer is not of that type, in one line, for the model too

    @property
    def cut(self) -> bool:
        """Whether it was cut at its length limit."""
        return self.ending is Ending.LENGTH


class Unreadable(RequestRefused):
    """An answer came that is none of its wire."""


@overload
async def ask(
    run: ModelRun,
    messages: Sequence[Message],
    *,
    system: str = ...,
    most_output: int = ...,
    tools: Sequence[Tool] = ...,
    schema: None = None,
) -> Answer[None]: ...


@overload
async def ask(
    run: ModelRun,
    messages: Sequence[Message],
    *,
    system: str = ...,
    most_output: int = ...,
    tools: Sequence[Tool] = ...,
    schema: type[T],
) -> Answer[T]: ...


async def ask(
    run: ModelRun,
    messages: Sequence[Message],
    *,
    system: str = "",
    most_output: int = ANSWER_TOKENS,
    tools: Sequence[Tool] = (),
    schema: type[Any] | None = None,  # Any: of whatever type
) -> Answer[Any]:
    """What a model says next in a dialogue, on the first wire that has an answer now.

    Raises:
        ModelsParked: no provider can be asked now, or the budget is spent.
        RequestRefused: a provider refuses this very request, such as for its length, or its answer cannot be read.
    """
    kind: Any = schema  # Any: mypy takes no type of a variable for hashable
    shape = shape_of(kind) if kind is not None else None
    question = Question(messages=messages, model=run.model, system=system, most_output=most_output, tools=tools, shape=shape)
    try:
        wire, document = await _asked(run, question)
    except RequestRefused as refused:
        if not refused.no_pictures:
            raise
        wire = next(iter(_wires(run)))
        return Answer(
            text=str(refused), message=AssistantMessage(text=""), ending=Ending.REFUSED, wire=wire, model=run.model, usage=None
        )
    try:
        return _answer(run, question, wire, document)
    except ValueError as error:
        raise Unreadable(f"the model's answer cannot be read: {one_line(str(error), _WHY)}") from error


def _answer(run: ModelRun, question: Question, wire: Wire, document: Mapping[str, object]) -> Answer[Any]:
    """Raises ValueError if it is not an answer of the wire."""
    said, left_out = bounded(FORMS[wire].read(document))
    earlier = sum(len(message.calls) for message in question.messages if isinstance(message, AssistantMessage))
    read = [read_call(call.id, call.name, call.arguments, call.seal, question.tools) for call in named(said, earlier).calls]
    message = AssistantMessage(text=said.text, calls=[call.said for call in read])
    calls: Sequence[Call | BadCall] = read
    value, problem = None, ""
    if said.ending is Ending.END:  # so without calls
        value, problem = _value(said.text, question.shape)
        calls = written_calls(said.text, question.tools) if value is None else ()
    return Answer(
        text=said.text,
        message=message,
        ending=Ending.TOOL if calls and said.ending is Ending.END else said.ending,
        wire=wire,
        model=_model(document) or run.model,
        usage=_usage(wire, document),
        calls=calls,
        left_out=left_out,
        value=value,
        problem="" if calls else problem,
    )


def _value(text: str, shape: Shape | None) -> tuple[Any, str]:  # Any: of the type that was asked for
    """The value that an answer is, or why it is none."""
    if shape is None:
        return None, ""
    problem = "the answer has no JSON object"
    for document in documents(text):
        try:
            return shape.read(as_object(document))[0], ""
        except ValueError as error:
            problem = f"the answer does not fit: {one_line(str(error), _WHY)}"
    return None, problem


def _model(document: Mapping[str, object]) -> str:
    said = document.get("model") or document.get("modelVersion")
    return printable(said, _MODEL) if isinstance(said, str) else ""


def _usage(wire: Wire, document: Mapping[str, object]) -> Counts | None:
    counted = {key: document[key] for key in ("usage", "usageMetadata") if key in document}
    try:
        return FORMATS[wire].counts(to_json(counted, inf_nan_mode="null")) if counted else None
    except ValueError:
        return None


def _wires(run: ModelRun) -> Sequence[Wire]:
    """Those of ours that a provider speaks, in the order in which to ask now."""
    wires = [wire for wire in run.wires if wire in FORMS]
    if not wires:
        raise ModelsParked(f"no provider speaks {' or '.join(FORMS)}")
    return wires


async def _asked(run: ModelRun, question: Question) -> tuple[Wire, Mapping[str, object]]:
    """The answer to a question, which is asked in plain form if a server does not know the other."""

    def put(asked: Question) -> "_Put":
        return lambda wire, waits: run.call(wire, FORMS[wire].request(asked), waits=waits)

    try:
        return await _first(run, put(question))
    except RequestRefused as refused:
        typed = question.shape is not None or any(tool.strict for tool in question.tools)
        if not typed or refused.status not in {BAD_REQUEST, UNPROCESSABLE} or not _is_about_shapes(str(refused)):
            raise
    system = question.system
    if question.shape:
        system = (system + IN_WORDS.format(schema=to_json(question.shape.schema).decode())).strip()
    return await _first(run, put(replace(question, plain=True, system=system)))


def _is_about_shapes(why: str) -> bool:
    return any(word in why.lower() for word in _SHAPE_WORDS)


_Put = Callable[[Wire, bool], Awaitable[Mapping[str, object]]]  # one request on a wire, and whether it waits


async def _first(run: ModelRun, put: _Put, *, waited: bool = False) -> tuple[Wire, Mapping[str, object]]:
    """The answer on the first wire that gives one; a provider is waited for, once, only if no other wire has one now."""
    wires, parked = _wires(run), dict[Wire, ModelsParked]()
    alone, missing = len(wires) == 1, None
    for wire in wires:
        try:
            return wire, await put(wire, alone)
        except ModelsParked as refusal:
            if refusal.spent:
                raise
            parked[wire] = refusal
        except RequestRefused as refused:
            if refused.status != NOT_FOUND and not refused.no_pictures:
                raise
            missing = missing or refused
    soonest = min(parked, key=lambda wire: _wait_s(parked[wire]), default=None)
    if soonest is None or (missing is not None and parked[soonest].wait_s is None):
        raise missing or AssertionError("there is a wire, and it gave an outcome")
    if alone or waited or parked[soonest].wait_s is None:
        raise ModelsParked("; ".join(dict.fromkeys(map(str, parked.values()))), wait_s=parked[soonest].wait_s)
    try:
        return soonest, await put(soonest, True)  # it waits
    except ModelsParked as refusal:
        if refusal.spent:
            raise
    return await _first(run, put, waited=True)  # meanwhile another may be alive again


def _wait_s(parked: ModelsParked) -> float:
    return float("inf") if parked.wait_s is None else parked.wait_s
