"""What a watch looks for: whether a command of the owner succeeds, or what a field of an operation's answer is. No model.

A command runs as its user, outside of the jail, with a few plain variables and no secret: it is there to look at what the user
has, such as a build. So to set one is as bad as to run one, and an agent's needs approval of that very command.

Does not cover: what such a command does; it is run again and again as long as the watch is set.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from overnight.errors import UserError
from overnight.operations.operation import AnyOperation, Context, Tier
from overnight.operations.registry import find
from overnight.words.foreign import one_line, printable

WALL_S = 60.0  # of a command
MOST_BYTES = 64 * 1024  # of its output
PLAIN = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "USER", "LOGNAME", "XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME")
CANNOT_RUN = (126, 127)  # exit codes of a shell
VALUE = 100  # characters of a value that are shown
NAME = 100
_FORM = re.compile(
    r"(?P<how><=|>=|==|!=|=|<|>|contains |is not |is one of |is |under |over |at least |at most )?\s*(?P<value>.+)", re.DOTALL
)
_HOWS = {"": "==", "=": "==", "is ": "==", "is not ": "!=", "under ": "<", "over ": ">", "at least ": ">=", "at most ": "<="}
_NUMBER = re.compile(r"-?\d[\d_,]*(?:\.\d+)?")
_UNITS = {"k": 1e3, "m": 1e6, "g": 1e9, "kb": 1e3, "mb": 1e6, "gb": 1e9, "tb": 1e12, "%": 1.0}
_WITH_UNIT = re.compile(
    rf"({_NUMBER.pattern})\s*({'|'.join(sorted(map(re.escape, _UNITS), key=len, reverse=True))})?", re.IGNORECASE
)


class CannotLook(Exception):  # noqa: N818  # an outcome
    """It cannot be found out now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """What a watch looks for."""

    command: str = ""  # of the owner's shell; empty: an operation
    operation: str = ""
    given: Mapping[str, object] = field(default_factory=dict)  # its input
    repo: str = ""
    field: str = ""  # of its answer as JSON, such as `loops.0.state`; empty: all of it
    wanted: str = ""  # such as `< 5`, `is failed`; empty: the command succeeds, or the field is there and not empty, 0 or false
    fails: bool = False  # it is so when it is not as wanted
    margin: float = 0.0  # by which a number has to come back before it counts as no more so
    looks: int = 1  # one after the other that have to agree
    ends: str = ""  # as `wanted`: when that is so, too, the watch is over
    news: bool = False  # each new item of the operation's answer: a list, the newest first, each with a `number` that grows
    after: int = 0  # the number from which on they are new
    answers: Sequence[Sequence[str]] = ()  # below each: a label, and what it says, with `{number}`


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one look found."""

    holds: bool
    value: str  # as it is shown; foreign
    over: bool = False  # nothing comes after it


def readable(name: str) -> AnyOperation:
    """The operation of a name, if looking by it changes nothing and lets nothing out.

    Raises:
        UserError: there is none, or it may.
    """
    operation = find(name)
    if operation is None or operation.local or operation.run is None:
        raise UserError(f"there is no operation `{printable(name, NAME)}`", fix="see `overnight operations`")
    if operation.tier is not Tier.READ or operation.raised or operation.egress or operation.lasts:
        raise UserError(f"`{operation.name}` does more than to look", fix="watch one of tier `read` that takes moments")
    return operation


def check_form(condition: Condition) -> None:
    """Whether it can be looked for.

    Raises:
        UserError: it cannot.
    """
    if bool(condition.command) == bool(condition.operation):
        raise UserError("it is not said what to look at", fix="give a command, or an operation with --operation")
    if condition.operation:
        readable(condition.operation)
    if condition.news and (condition.command or condition.wanted or condition.field or condition.fails):
        raise UserError("what is new is looked for in a whole answer", fix="give --news with --operation and --given alone")
    how, value = read_wanted(condition.wanted)
    if how in ("<", "<=", ">", ">=") and number_of(value) is None:
        raise UserError(f"`{printable(condition.wanted, NAME)}` compares with no number", fix="write it as `< 5`")


async def look(condition: Condition, context: Context, *, was: bool = False) -> Look:
    """Look once; `was`: it was so before, so that the margin counts.

    Raises:
        CannotLook: it cannot be found out.
    """
    if condition.command:
        code, text = await _command(condition.command, context)
        if not condition.wanted:
            return Look(holds=(code == 0) != condition.fails, value=f"exit code {code}")
        found: object = text.strip()
    else:
        found = field_of(await _answer(condition, context), condition.field)
    over = bool(condition.ends) and compares(found, replace(condition, wanted=condition.ends), was=False)
    return Look(holds=compares(found, condition, was=was) != condition.fails, value=_shown(found), over=over)


def compares(found: object, condition: Condition, *, was: bool) -> bool:
    """Whether a value is as wanted.

    Raises:
        CannotLook: a number is wanted, and it is none.
    """
    if not condition.wanted:
        return bool(found)
    how, value = read_wanted(condition.wanted)
    if how == "is one of":
        return _text(found).lower() in [each.strip().lower() for each in value.split(",")]
    if how == "contains":
        return value.lower() in _text(found).lower()
    if how in ("==", "!="):
        left, right = number_of(_text(found)), number_of(value)
        same = left == right if left is not None and right is not None else _text(found).lower() == value.lower()
        return same == (how == "==")
    left, right = number_of(_text(found)), number_of(value)
    if left is None or right is None:
        raise CannotLook(f"`{_shown(found)}` is no number")
    margin = condition.margin if was else 0.0
    return {
        "<": left < right + margin,
        "<=": left <= right + margin,
        ">": left > right - margin,
        ">=": left >= right - margin,
    }[how]


def read_wanted(text: str) -> tuple[str, str]:
    """How to compare, and with what."""
    found = _FORM.fullmatch(text.strip())
    if not found:
        return "==", ""
    how = found["how"] or ""
    return _HOWS.get(how, how).strip(), found["value"].strip()


def number_of(text: str) -> float | None:
    """The number that a text is, with its unit: `5 GB`, `1.5k`, `80%`."""
    found = _WITH_UNIT.fullmatch(text.strip())
    if not found:
        return None
    return float(found[1].replace(",", "").replace("_", "")) * _UNITS.get((found[2] or "").lower(), 1.0)


def field_of(answer: object, path: str) -> object:
    """The field of JSON that a path such as `loops.0.state` leads to.

    Raises:
        CannotLook: there is none.
    """
    for part in filter(None, path.split(".")):
        if isinstance(answer, Mapping) and part in answer:
            answer = answer[part]
        elif isinstance(answer, list) and part.lstrip("-").isdigit() and -len(answer) <= int(part) < len(answer):
            answer = answer[int(part)]
        elif isinstance(answer, list) and part == "count":
            answer = len(answer)
        else:
            raise CannotLook(f"the answer has no `{printable(part, NAME)}`")
    return answer


async def _command(command: str, context: Context) -> tuple[int, str]:
    from overnight.user_command import run_for_output

    environment = {name: context.environment[name] for name in PLAIN if name in context.environment}
    try:
        printed = await run_for_output(
            ["/bin/sh", "-c", command],
            environment=environment,
            wall_s=WALL_S,
            most_bytes=MOST_BYTES,
            folder=context.where,
        )
    except TimeoutError:
        raise CannotLook(f"it did not end within {WALL_S:.0f} s") from None
    except OSError as error:
        raise CannotLook(f"it cannot be started: {error.strerror}") from error
    if printed.code is None:
        raise CannotLook(f"it prints more than {MOST_BYTES:,} bytes")
    if printed.code < 0 or printed.code in CANNOT_RUN:
        raise CannotLook(f"it ended with {printed.code}")
    return printed.code, printed.output.decode("utf-8", "replace")


async def _answer(condition: Condition, context: Context) -> Any:  # Any: JSON
    import json

    from overnight.operations.json_text import json_text

    return json.loads(json_text((await answer_of(condition, context))[1]))


async def answer_of(condition: Condition, context: Context) -> tuple[AnyOperation, Any]:  # Any: what the operation answers
    """What the operation of a condition answers now.

    Raises:
        CannotLook: it does not.
    """
    import json

    from anyio import to_thread

    from overnight.errors import OvernightError
    from overnight.operations.foreign_input import read_input
    from overnight.operations.perform import perform

    try:
        operation = readable(condition.operation)
        given = read_input(operation, json.dumps(dict(condition.given)))
        return operation, await to_thread.run_sync(perform, operation, context, given)
    except OvernightError as error:
        raise CannotLook(one_line(str(error), 2 * VALUE)) from error


def _text(found: object) -> str:
    return (
        {True: "true", False: "false", None: "null"}.get(found, "") if found is None or isinstance(found, bool) else str(found)
    )


def _shown(found: object) -> str:
    return one_line(_text(found), VALUE)
