"""What a program makes run, and what it opens: the part of it that a person allows before others may start it.

Each line is a key and its value as ASCII JSON, so that nothing in it is hidden and no two programs with other privileges have
the same lines. They are made of the parsed program: how its text is arranged does not matter.

Does not cover: the files that its commands run, such as `train.py`. The jail is what keeps those.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields
from typing import Any

from overnight.jail.job import Limits
from overnight.notices.notice import NotifySpec
from overnight.program.program import Program, ResearcherSpec

SHORTEST = 12  # digits of a digest that are shown, and that are enough to name it
FORM = "1"  # of the lines; raised when the same program gets others
_PLAIN = re.compile(r"[\w-]{1,80}", re.ASCII)

# Of each record the fields that are privileges, and those that are none with the reason. A test sees that none is missing.
PRIVILEGES: Mapping[type, frozenset[str]] = {
    Program: frozenset(
        {
            *("measure", "produce", "score", "prepare", "holdout", "audit", "checks"),  # commands
            "env",  # what they are given
            *("readable", "hidden"),  # what of this machine and of the repository jobs see
            *("limits", "notify", "researchers"),  # in part, see below
        }
    ),
    Limits: frozenset({"network", "hosts", "sent_bytes", "received_bytes", "gpus"}),  # what leaves the jail, and devices
    ResearcherSpec: frozenset({"use", "command", "template", "model", "limits"}),  # what runs, and who is sent the repository
    NotifySpec: frozenset({"name", "use", "url"}),  # where notices go
}
HARMLESS: Mapping[type, frozenset[str]] = {
    Program: frozenset(
        {
            *("metric", "guards", "gate", "target", "budget"),  # when to keep, and when to end
            *("editable", "judge_may_change", "artifacts", "inputs"),  # what proposals may change, in jails and on our branch
            "body",  # words for researchers, who are in jails
            *("path", "source", "digest"),  # the text itself
        }
    ),
    Limits: frozenset(  # how much of its own jail a job may fill
        {"wall_s", "memory_bytes", "cpus", "disk_bytes", "files", "processes", "output_bytes", "allow_exit"}
    ),
    ResearcherSpec: frozenset(
        {
            *("role", "count", "patience_s", "edit_form"),  # who is asked how often, and in which words
            *("edits", "edits_file"),  # changes, which run in jails like any other
        }
    ),
    NotifySpec: frozenset(
        {
            *("on", "format"),  # when, and in which form
            *(
                "command",
                "receive",
                "owners",
                "variables",
                "secret",
                "mail",
                "chat",
            ),  # the settings' alone: no program can give them
        }
    ),
}


def privilege_lines(program: Program) -> tuple[str, ...]:
    """A line for each privilege that differs from its default: its key, and its value as ASCII JSON."""
    return tuple(f"{key}: {_json(value)}" for key, value in _of(program, ""))


def digest_of(lines: Sequence[str]) -> str:
    """SHA-256 over privilege lines, hex."""
    return hashlib.sha256("\n".join([FORM, *lines]).encode("ascii")).hexdigest()


def _of(record: Any, above: str) -> Iterator[tuple[str, object]]:  # Any: one of the records above
    """The privileges of a record, each with its key."""
    for field in fields(record):
        value = getattr(record, field.name)
        if field.name not in PRIVILEGES[type(record)]:
            continue
        key = f"{above}{field.name}"
        if isinstance(value, tuple):
            for number, each in enumerate(sorted(value) if field.name == "env" else value, 1):
                yield from _of_item(each, key, number)
        elif type(value) in PRIVILEGES:
            yield from _of(value, f"{key}.")
        elif value != field.default:
            yield key, value


def _of_item(item: object, key: str, number: int) -> Iterator[tuple[str, object]]:
    """The privileges of an item of a list."""
    match item:
        case ResearcherSpec(role=role):
            yield from _of(item, f"{key}.{_name(role)}.")
        case NotifySpec():
            yield from _of(item, f"{key}.{number}.")
        case (name, text):  # a variable
            yield f"{key}.{_name(str(name))}", text
        case _:
            yield key, item


def _name(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else _json(text)


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=True, default=_fields_of)


def _fields_of(record: Any) -> Mapping[str, object]:  # Any: a record in a field, such as where a URL comes from
    return {field.name: getattr(record, field.name) for field in fields(record)}
