"""A dialogue on the wire of Gemini's generateContent.

Its newer models want the seal of each call back that they made, a sealed thought; for a call that came on another wire there is
a word for it. A result's pictures stand beside it, as older models take none inside.
Source: https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/thought-signatures.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field

from overnight.models.asking.form import Question, RawCall, Said, ending
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.tools import Tool
from overnight.models.pictures import Picture

_NO_SEAL = "skip_thought_signature_validator"
_REFUSED = frozenset({"SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "IMAGE_SAFETY", "LANGUAGE"})


class _Call(BaseModel):
    id: str | None = None
    name: object = None
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


class _Feedback(BaseModel):
    blockReason: str  # noqa: N815


class _Answer(BaseModel):
    candidates: list[_Candidate] = Field(default_factory=list, fail_fast=True)
    promptFeedback: object = None  # noqa: N815


def request(question: Question) -> Mapping[str, object]:
    """The body of a request, with the model, which goes into its path; neighbours of the same role are one content."""
    contents: list[tuple[str, list[Mapping[str, object]]]] = []
    for message in question.messages:
        role, parts = "model" if isinstance(message, AssistantMessage) else "user", _parts(message)
        if contents and contents[-1][0] == role:
            contents[-1][1].extend(parts)
        elif parts:
            contents.append((role, parts))
    body: dict[str, object] = {"model": question.model}
    if question.system:
        body["systemInstruction"] = {"parts": [{"text": question.system}]}
    body["contents"] = [{"role": role, "parts": parts} for role, parts in contents]
    settings: dict[str, object] = {"maxOutputTokens": question.most_output}
    if question.shape and not question.plain:
        settings |= {"responseMimeType": "application/json", "responseSchema": question.shape.gemini}
    body["generationConfig"] = settings
    if question.tools:
        body["tools"] = [{"functionDeclarations": [_tool(tool) for tool in question.tools]}]
    return body


def read(answer: Mapping[str, object]) -> Said:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    parsed = _Answer.model_validate(answer)
    if not parsed.candidates:
        blocked = _Feedback.model_validate(parsed.promptFeedback)
        return Said(text=blocked.blockReason, ending=ending(cut=False, refused=True, calls=()))
    candidate = parsed.candidates[0]
    parts = candidate.content.parts or []
    calls = [
        RawCall(
            id=part.functionCall.id or "",
            name=part.functionCall.name if isinstance(part.functionCall.name, str) else "",
            arguments=part.functionCall.args,
            seal=part.thoughtSignature or "",
        )
        for part in parts
        if part.functionCall is not None
    ]
    why = candidate.finishReason
    return Said(
        text="".join(part.text for part in parts if part.text and not part.thought),
        calls=calls,
        ending=ending(cut=why == "MAX_TOKENS", refused=why in _REFUSED, calls=calls),
    )


def _parts(message: Message) -> list[Mapping[str, object]]:
    match message:
        case UserMessage():
            return [*map(_inline, message.pictures), *_text(message.text, needed=not message.pictures)]
        case ToolResult():
            response = {"name": message.name, "response": {"output": message.text}}
            return [{"functionResponse": response}, *map(_inline, message.pictures)]
        case AssistantMessage():
            return [*_text(message.text, needed=False), *map(_function_call, message.calls)]


def _text(text: str, *, needed: bool) -> Sequence[Mapping[str, object]]:
    return [{"text": text}] if needed or text.strip() else []


def _inline(picture: Picture) -> Mapping[str, object]:
    return {"inlineData": {"mimeType": picture.media_type, "data": picture.base64}}


def _function_call(call: ToolCall) -> Mapping[str, object]:
    return {"functionCall": {"name": call.name, "args": call.arguments}, "thoughtSignature": call.seal or _NO_SEAL}


def _tool(tool: Tool) -> Mapping[str, object]:
    named = {"name": tool.name, "description": tool.about}
    return {**named, "parameters": tool.shape.gemini} if tool.shape.gemini["properties"] else named  # none may be empty
