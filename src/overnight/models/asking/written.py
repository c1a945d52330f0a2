"""Calls that a model writes as text, because it or its server knows no other way.

Read are the forms in which open models were trained: `<tool_call>` and `[TOOL_CALLS]` with JSON, `<function=name>`, and JSON in
a fence or as the whole answer.

A tag behind a backtick, a quotation mark or the sign of a diff is what the answer quotes, such as a critic the file that it
refuses, and no call. Does not cover: JSON in the middle of a sentence; a quotation without any such sign.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from pydantic_core import from_json

from overnight.models.asking.bounds import CALLS
from overnight.models.asking.tools import Call, Tool, read_call

_TAG, _TAG_END, _FUNCTION = "<tool_call>", "</tool_call>", "<function="
_LIST = "[TOOL_CALLS]"
_NAMED = re.compile(r"(\w[\w-]*)>")
_PARAMETER, _PARAMETER_END = "<parameter=", "</parameter>"
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w-]*)")
_HEADER = re.compile(r"<\|python_tag\|>")
_NAME_KEYS = ("name", "tool", "function", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "action_input", "input", "args")
_QUOTED = re.compile(r"(?<=[`'\"+|-])(?:<tool_call>|<function=|\[TOOL_CALLS\])")
SHELLS = frozenset({"bash", "sh", "shell", "console", "zsh"})  # languages of a fence, whose content is no JSON


def written_calls(text: str, tools: Sequence[Tool]) -> Sequence[Call]:
    """The calls in an answer that makes none; at most as many as are read of any answer."""
    if not tools or not any(sign in text for sign in ("{", _FUNCTION)):
        return ()
    found = _calls(_QUOTED.sub("", text), tools)
    return list(islice(found, CALLS))


def fenced(text: str) -> Iterator[tuple[str, str]]:
    """Language and content of each fenced block; the last may lack its end."""
    end, language, lines = "", "", list[str]()
    for line in text.splitlines():
        found = _FENCE.match(line)
        if not end and found:
            end, language, lines = found[1], found[2].lower(), []
        elif end and line.strip() == end:
            yield language, "\n".join(lines)
            end = ""
        else:
            lines.append(line)
    if end:
        yield language, "\n".join(lines)


def documents(text: str) -> Iterator[object]:
    """The JSON in an answer: the whole of it, or what is fenced."""
    blocks = (block for language, block in fenced(text) if language not in SHELLS)
    yield from _parsed([_HEADER.sub("", text), *islice(blocks, CALLS)])


def _calls(text: str, tools: Sequence[Tool]) -> Iterator[Call]:
    for part in text.split(_FUNCTION)[1:]:
        if found := _NAMED.match(part):
            yield from _call(found[1], dict(_parameters(part)), tools)
    if _TAG in text:
        found_in = _parsed([part.partition(_TAG_END)[0] for part in text.split(_TAG)[1:]])
    elif _LIST in text:
        found_in = _parsed([text.partition(_LIST)[2]])
    else:
        found_in = documents(text)
    for document in found_in:
        yield from _in_document(document, tools)


def _parsed(parts: Sequence[str]) -> Iterator[object]:
    for part in map(str.strip, parts):
        if part.startswith("{{") and part.endswith("}}"):  # braces doubled as in a template, by small models
            part = part[1:-1]  # noqa: PLW2901  # what it stands for
        if part[:1] in {"{", "["}:
            try:
                yield from_json(part.encode(errors="replace"))
            except ValueError:
                continue


def _parameters(part: str) -> Iterator[tuple[str, str]]:
    for piece in part.partition("</function>")[0].split(_PARAMETER)[1:]:
        name, closed, rest = piece.partition(">")
        value, ended, _ = rest.partition(_PARAMETER_END)
        if closed and ended:
            yield name, value.removeprefix("\n").removesuffix("\n")


def _in_document(document: object, tools: Sequence[Tool]) -> Iterator[Call]:
    if isinstance(document, list):
        for entry in document[:CALLS]:
            if isinstance(entry, dict):
                yield from _in_document(entry, tools)
    elif isinstance(document, dict):
        if isinstance(document.get("function"), dict):
            yield from _in_document(document["function"], tools)
            return
        name = next((document[key] for key in _NAME_KEYS if key in document), None)
        given = next((document[key] for key in _ARGUMENT_KEYS if key in document), None)
        rest = {key: value for key, value in document.items() if key not in _NAME_KEYS}
        if name is not None:
            yield from _call(name, rest if given is None else given, tools)
        elif len(tools) == 1 and (document.keys() if given is None else given) == tools[0].shape.required:
            yield from _call(tools[0].name, document, tools)


def _call(name: object, arguments: Mapping[str, object] | object, tools: Sequence[Tool]) -> Iterator[Call]:
    """A call that can be carried out; anything else may be words."""
    tool = next((tool for tool in tools if name == tool.name or (isinstance(name, str) and name in tool.aliases)), None)
    call = read_call("", tool.name, arguments, "", tools) if tool else None
    if isinstance(call, Call):
        yield Call(id="", tool=call.tool, input=call.input, said=call.said, written=True)
