"""A dialogue on the wire of Gemini's generateContent.

Its newer models want the seal of each call back that they made, a sealed thought; for a call that came on another wire there is
a word for it. Source: https://ai.google.dev/gemini-api/docs/thought-signatures.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from overnight.agents.chat.arguments import command_in
from overnight.agents.chat.dialogue import Entry, ModelMessage, ToolCall, ToolResult, UserMessage
from overnight.agents.chat.tool import PARAMETERS, TOOL, TOOL_DESCRIPTION

_TOOLS = [{"functionDeclarations": [{"name": TOOL, "description": TOOL_DESCRIPTION, "parameters": PARAMETERS}]}]
_NO_SEAL = "skip_thought_signature_validator"


class _Call(BaseModel):
    id: str | None = None
    args: object = None


class _Part(BaseModel):
    text: str | None = None
    thought: bool | None = None
    functionCall: _Call | None = None  # noqa: N815  # Gemini's names
    thoughtSignature: str | None = None  # noqa: N815


class _Content(BaseModel):
    parts: list[_Part] | None = Field(default=None, fail_fast=True)  # one error is enough, however many there are


class _Candidate(BaseModel):
    content: _Content = _Content()
    finishReason: str | None = None  # noqa: N815


class _Answer(BaseModel):
    candidates: list[_Candidate] = Field(min_length=1, fail_fast=True)


def request(entries: Sequence[Entry], *, model: str, most_tokens: int, system: str, tools: bool) -> Mapping[str, object]:
    """The body of a request, with the model, which goes into its path; neighbours of the same role are one content."""
    contents: list[tuple[str, list[Mapping[str, object]]]] = []
    for entry in entries:
        role, parts = "model" if isinstance(entry, ModelMessage) else "user", _parts(entry)
        if contents and contents[-1][0] == role:
            contents[-1][1].extend(parts)
        elif parts:
            contents.append((role, parts))
    return {
        "model": model,
        "systemInstruction": {"parts": [{"text": system}]},
        "contents": [{"role": role, "parts": parts} for role, parts in contents],
        "generationConfig": {"maxOutputTokens": most_tokens},
        **({"tools": _TOOLS} if tools else {}),
    }


def read(answer: Mapping[str, object]) -> ModelMessage:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire, or has none, as if the prompt was refused.
    """
    candidate = _Answer.model_validate(answer).candidates[0]
    parts = candidate.content.parts or []
    calls = [
        ToolCall(id=part.functionCall.id or "", command=command_in(part.functionCall.args), seal=part.thoughtSignature or "")
        for part in parts
        if part.functionCall is not None
    ]
    text = "".join(part.text for part in parts if part.text and not part.thought)
    return ModelMessage(text=text, calls=calls, cut=candidate.finishReason == "MAX_TOKENS")


def _parts(entry: Entry) -> list[Mapping[str, object]]:
    match entry:
        case UserMessage():
            return [{"text": entry.text}]
        case ToolResult():
            return [{"functionResponse": {"name": TOOL, "response": {"output": entry.text}}}]
        case ModelMessage():
            said: list[Mapping[str, object]] = [{"text": entry.text}] if entry.text.strip() else []
            return [*said, *map(_function_call, entry.calls)]


def _function_call(call: ToolCall) -> Mapping[str, object]:
    return {
        "functionCall": {"name": TOOL, "args": {"command": call.command or ""}},
        "thoughtSignature": call.seal or _NO_SEAL,
    }
