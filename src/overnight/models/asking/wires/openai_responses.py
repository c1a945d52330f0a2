"""A dialogue on the wire of OpenAI responses; nothing of it is stored there, so each request has all of it.

Source: https://developers.openai.com/api/reference/resources/responses/methods/create.
"""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, Field
from pydantic_core import to_json

from overnight.models.asking.content import refusal_in, text_in
from overnight.models.asking.form import Question, RawCall, Said, ending
from overnight.models.asking.messages import AssistantMessage, Message, ToolCall, ToolResult, UserMessage
from overnight.models.asking.tools import Tool
from overnight.models.pictures import Picture


class _Item(BaseModel):
    type: str = "message"
    content: object = None
    call_id: str | None = None
    name: object = None
    arguments: object = None


class _Incomplete(BaseModel):
    reason: str | None = None


class _Answer(BaseModel):
    output: list[_Item] = Field(fail_fast=True)  # one error is enough, however many there are
    incomplete_details: _Incomplete | None = None


def request(question: Question) -> Mapping[str, object]:
    """The body of a request."""
    body: dict[str, object] = {
        "model": question.model,
        "max_output_tokens": question.most_output,
        "input": [item for message in question.messages for item in _items(message)],
        "store": False,
    }
    if question.system:
        body["instructions"] = question.system
    if question.tools:
        body["tools"] = [_tool(tool, plain=question.plain) for tool in question.tools]
    if question.shape and not question.plain:
        named = {"name": question.shape.name, "schema": question.shape.strict, "strict": True}
        body["text"] = {"format": {"type": "json_schema", **named}}
    return body


def read(answer: Mapping[str, object]) -> Said:
    """What the model said.

    Raises:
        ValueError: it is not an answer of this wire.
    """
    parsed = _Answer.model_validate(answer)
    messages = [item.content for item in parsed.output if item.type == "message"]
    calls = [
        RawCall(id=item.call_id or "", name=item.name if isinstance(item.name, str) else "", arguments=item.arguments)
        for item in parsed.output
        if item.type == "function_call"
    ]
    why = parsed.incomplete_details.reason if parsed.incomplete_details else None
    refused = why == "content_filter" or any(map(refusal_in, messages))
    return Said(
        text="\n".join(filter(None, map(text_in, messages))),
        calls=calls,
        ending=ending(cut=why == "max_output_tokens", refused=refused, calls=calls),
    )


def _items(message: Message) -> Sequence[Mapping[str, object]]:
    match message:
        case UserMessage():
            return [{"role": "user", "content": _content(message.text, message.pictures)}]
        case ToolResult():
            output = _content(message.text, message.pictures)
            return [{"type": "function_call_output", "call_id": message.id, "output": output}]
        case AssistantMessage():
            said = [{"role": "assistant", "content": message.text}] if message.text.strip() else []
            return [*said, *map(_function_call, message.calls)]


def _content(text: str, pictures: Sequence[Picture]) -> object:
    if not pictures:
        return text
    words = [{"type": "input_text", "text": text}] if text else []
    return [*words, *({"type": "input_image", "image_url": picture.url} for picture in pictures)]


def _function_call(call: ToolCall) -> Mapping[str, object]:
    arguments = to_json(call.arguments).decode()
    return {"type": "function_call", "call_id": call.id, "name": call.name, "arguments": arguments}


def _tool(tool: Tool, *, plain: bool) -> Mapping[str, object]:
    named: dict[str, object] = {"type": "function", "name": tool.name, "description": tool.about}
    if tool.strict and not plain:
        return named | {"parameters": tool.shape.strict, "strict": True}
    return named | {"parameters": tool.shape.schema, "strict": False}  # without a word the wire is strict
