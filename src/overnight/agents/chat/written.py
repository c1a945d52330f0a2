"""Calls of the shell that a model writes as text, because it or its server knows no other way.

Read are the forms in which open models were trained: `<tool_call>` and `[TOOL_CALLS]` with JSON, `<function=bash>`, JSON in a
fence or as the whole answer, and a lone fenced block of shell.

A tag behind a backtick, a quotation mark or the sign of a diff is what the answer quotes, such as a critic the file that it
refuses, and no call. Does not cover: JSON in the middle of a sentence; a quotation without any such sign.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pydantic_core import from_json

from overnight.agents.chat.arguments import command_in
from overnight.agents.chat.bounds import CALLS
from overnight.agents.chat.tool import LONGEST, TOOL

_TAG, _TAG_END, _FUNCTION = "<tool_call>", "</tool_call>", "<function="
_LIST = "[TOOL_CALLS]"
_PARAMETER = re.compile(r"(\w+)>\s*<parameter=(\w+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_FENCE = re.compile(r"[ \t]*(`{3,}|~{3,})[ \t]*([\w-]*)")
_HEADER = re.compile(r"<\|python_tag\|>")
_SHELL = frozenset({"bash", "sh", "shell", "console", "zsh"})
_NAMES = frozenset({TOOL, "shell", "sh", "run", "execute", "terminal", "run_shell_command", "execute_command", "run_command"})
_NAME_KEYS = ("name", "tool", "function", "action")
_ARGUMENT_KEYS = ("arguments", "parameters", "action_input", "input", "args")
_QUOTED = re.compile(r"(?<=[`'\"+|-])(?:<tool_call>|<function=|\[TOOL_CALLS\])")
_PROMPT = re.compile(r"^\$ ", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenCalls:
    """What a text asks to run."""

    commands: Sequence[str] = ()
    certain: bool = True  # False: a block of shell, which may as well be an explanation


def written_calls(text: str) -> WrittenCalls:
    """The calls in an answer that makes none; at most as many as are read of any answer."""
    commands = list(_explicit(_QUOTED.sub("", text)))
    if commands:
        return WrittenCalls(commands=[command[: LONGEST + 1] for command in commands[:CALLS]])
    blocks = [block for language, block in _fenced(text) if language in _SHELL]
    if len(blocks) == 1 and blocks[0].strip():
        return WrittenCalls(commands=[_PROMPT.sub("", blocks[0]).strip()[: LONGEST + 1]], certain=False)
    return WrittenCalls()


def _explicit(text: str) -> Iterator[str]:
    for part in text.split(_FUNCTION)[1:]:
        found = _PARAMETER.match(part)
        if found and found[1] in _NAMES and (command := command_in({found[2]: found[3]})):
            yield command
    for document in _documents(text):
        yield from _calls(document)


def _documents(text: str) -> Iterator[object]:
    """The JSON in it that may be a call."""
    if _TAG in text:
        parts = [part.partition(_TAG_END)[0] for part in text.split(_TAG)[1:]]
    elif _LIST in text:
        parts = [text.partition(_LIST)[2]]
    else:
        parts = [_HEADER.sub("", text), *(block for language, block in _fenced(text) if language not in _SHELL)]
    for part in map(str.strip, parts):
        if part[:1] in {"{", "["}:
            try:
                yield from_json(part.encode(errors="replace"))
            except ValueError:
                continue


def _fenced(text: str) -> Iterator[tuple[str, str]]:
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


def _calls(document: object) -> Iterator[str]:
    if isinstance(document, list):
        for entry in document[:CALLS]:
            if isinstance(entry, dict):
                yield from _calls(entry)
    elif isinstance(document, dict):
        if isinstance(document.get("function"), dict):
            yield from _calls(document["function"])
            return
        name = next((document[key] for key in _NAME_KEYS if key in document), None)
        given = next((document[key] for key in _ARGUMENT_KEYS if key in document), None)
        command = command_in(document if given is None else given)
        named = isinstance(name, str) and name in _NAMES
        if command and (named if name is not None else document.keys() == {"command"}):
            yield command
