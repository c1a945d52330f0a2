"""A call in words, from its typed input: what the owner approves is what is written here, whole."""

import json
import re
import shlex

from overnight.operations.call import Call
from overnight.operations.fields import inputs_of
from overnight.operations.operation import AnyOperation, Argument
from overnight.operations.registry import find
from overnight.words.foreign import printable

MOST_ASKED = 2000  # characters of an input as JSON: a person reads all of what they approve
_WHOLE = 12 * MOST_ASKED  # characters that an input can become when it is made printable
_BARE = re.compile(r"[\w@%+=:,./-]+", re.ASCII)


def command_words(call: Call) -> str:
    """What a call does, as the command line would have it; defaults are left out."""
    operation = find(call.operation)
    if operation is None:  # of a package that is gone
        return printable(f"{call.operation} {call.args}", _WHOLE)
    return " ".join([operation.name, *_words(operation, call)])


def _words(operation: AnyOperation, call: Call) -> list[str]:
    given = json.loads(call.args)
    options: list[str] = []
    arguments: list[str] = []
    for field in inputs_of(operation):
        value = given.get(field.name)
        if value is None or (field.default is not ... and value == _plain(field.default)):
            continue
        if isinstance(value, list):
            if isinstance(field.place, Argument):
                arguments += map(_quoted, value)
            else:
                options += [word for each in value for word in (field.flag, _quoted(each))]
            continue
        if isinstance(field.place, Argument):
            arguments.append(_quoted(value))
        else:
            options += [field.flag] if field.form is bool else [field.flag, _quoted(value)]
    if any(word.startswith(("-", "'-")) for word in arguments):  # else one would look like an option
        return [*options, "--", *arguments]
    return [*arguments, *options]


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return list(value)
    return str(value) if not isinstance(value, str | int | float | bool | None) else value


def _quoted(value: object) -> str:
    text = printable(str(value), _WHOLE)
    return text if _BARE.fullmatch(text) else shlex.quote(text)
