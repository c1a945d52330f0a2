"""Answers of models as the four wires have them, and what a request shows of pictures, tools and results."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from overnight.models.asking.form import Ending
from overnight.models.usage import Wire

Json = dict[str, Any]  # what is on the wire

COUNTS = (100, 7)  # tokens in and out that each answer says


def wire_answer(
    wire: Wire, text: str = "", calls: Sequence[tuple[str, str, Any]] = (), ending: Ending | None = None, **more: Any
) -> Json:
    """An answer with words and calls: id, name and arguments of each."""
    made = {Wire.OPENAI_CHAT: _chat, Wire.OPENAI_RESPONSES: _responses, Wire.ANTHROPIC: _anthropic, Wire.GEMINI: _gemini}
    return {**made[wire](text, calls, ending or (Ending.TOOL if calls else Ending.END)), **more}


def _chat(text: str, calls: Sequence[tuple[str, str, Any]], ending: Ending) -> Json:
    message: Json = {"role": "assistant", "content": text or None}
    if ending is Ending.REFUSED:
        message = {"role": "assistant", "content": None, "refusal": text}
    if calls:
        message["tool_calls"] = [
            {"id": id_, "type": "function", "function": {"name": name, "arguments": _text(given)}} for id_, name, given in calls
        ]
    reasons = {Ending.TOOL: "tool_calls", Ending.LENGTH: "length"}
    usage = {"prompt_tokens": COUNTS[0], "completion_tokens": COUNTS[1], "total_tokens": sum(COUNTS)}
    return {"model": "m-1", "choices": [{"message": message, "finish_reason": reasons.get(ending, "stop")}], "usage": usage}


def _responses(text: str, calls: Sequence[tuple[str, str, Any]], ending: Ending) -> Json:
    part = {"type": "refusal", "refusal": text} if ending is Ending.REFUSED else {"type": "output_text", "text": text}
    output: list[Json] = [{"type": "reasoning", "summary": []}]
    output += [{"type": "message", "role": "assistant", "content": [part]}] if text else []
    output += [{"type": "function_call", "call_id": id_, "name": name, "arguments": _text(given)} for id_, name, given in calls]
    cut = {"reason": "max_output_tokens"} if ending is Ending.LENGTH else None
    usage = {"input_tokens": COUNTS[0], "output_tokens": COUNTS[1]}
    return {"model": "m-1", "output": output, "incomplete_details": cut, "usage": usage}


def _anthropic(text: str, calls: Sequence[tuple[str, str, Any]], ending: Ending) -> Json:
    content: list[Json] = [{"type": "text", "text": text}] if text else []
    content += [{"type": "tool_use", "id": id_, "name": name, "input": given} for id_, name, given in calls]
    reasons = {Ending.TOOL: "tool_use", Ending.LENGTH: "max_tokens", Ending.REFUSED: "refusal"}
    usage = {"input_tokens": COUNTS[0], "output_tokens": COUNTS[1]}
    return {"model": "m-1", "content": content, "stop_reason": reasons.get(ending, "end_turn"), "usage": usage}


def _gemini(text: str, calls: Sequence[tuple[str, str, Any]], ending: Ending) -> Json:
    parts: list[Json] = [{"text": text}] if text else []
    parts += [{"functionCall": {"id": id_, "name": name, "args": given}} for id_, name, given in calls]
    reasons = {Ending.LENGTH: "MAX_TOKENS", Ending.REFUSED: "SAFETY"}
    usage = {"promptTokenCount": COUNTS[0], "candidatesTokenCount": COUNTS[1]}
    candidate = {"content": {"role": "model", "parts": parts}, "finishReason": reasons.get(ending, "STOP")}
    return {"modelVersion": "m-1", "candidates": [candidate], "usageMetadata": usage}


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def everything(document: object) -> Iterator[object]:
    """Each value in a document, itself included."""
    yield document
    inner = document.values() if isinstance(document, dict) else document if isinstance(document, list) else ()
    for each in inner:
        yield from everything(each)
