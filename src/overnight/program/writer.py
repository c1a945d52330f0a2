"""Writes a front matter: keys, each with its reason in a comment, and the other keys to uncomment."""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import yaml

from overnight.program.front_matter import Value, load_front_matter, split_front_matter
from overnight.program.program import Program
from overnight.words.foreign import printable

MAX_REASON = 120
MAX_FAILURE = 200

_HEAD = "# What `overnight` does with this repository; every key is explained in its docs, program.md."
_PLAIN = re.compile(r"[\w/][\w./+-]*|\.[\w/][\w./+-]*")  # YAML reads it as this text
_LEFT_OUT = "# Left out because it was tried and failed:"
_FURTHER = {
    "hidden": "[holdout/]",
    "checks": "[pytest -q]",
    "guards": "[peak_memory_mb <= 4000]",
    "holdout": "python evaluate.py --split holdout",
    "audit": "python evaluate.py --split audit",
    "limits": "{wall: 5m, memory: 4GB, cpus: 1, gpus: 0, disk: 1GB, network: none}",
    "budget": "{experiments: 100, hours: 8}",
    "gate": "{error_rate: 0.1}",
    "target": "0.95",
    "notify": "[phone]",
    "researchers": "[{role: tuner, use: tuner}, {role: mutator, use: mutator}, {role: explorer, use: agent}]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FrontMatterEntry:
    """One key of a front matter, and why it has this value."""

    key: str
    value: Value
    reason: str = ""
    fails: str = ""  # why it failed when it was tried; it is then only a comment


def render_front_matter(
    entries: Sequence[FrontMatterEntry], *, head: str = _HEAD, further: Mapping[str, str] = _FURTHER
) -> str:
    """The front matter with its `---` lines; keys of `further`, with examples, that are not in `entries` follow as comments."""
    lines = ["---", head]
    for entry in entries:
        if entry.reason:
            lines.append(f"# {printable(entry.reason, MAX_REASON)}")
        if entry.fails:
            lines.append(f"{_LEFT_OUT} {printable(entry.fails, MAX_FAILURE)}")
        lines.append(f"# {_line(entry)}" if entry.fails else _line(entry))
    written = {entry.key for entry in entries}
    lines.append("# Further keys, with examples:")
    lines += [f"# {key}: {example}" for key, example in further.items() if key not in written]
    return "\n".join([*lines, "---", ""])


def plain_front_matter(values: Mapping[str, Value]) -> str:
    """A front matter of these very values, a key on each line, without comments."""
    return "\n".join(["---", *(f"{key}: {flow(value)}" for key, value in values.items()), "---", ""])


def quoted(text: str) -> str:
    """A printable text as it is written in a front matter: between quotation marks if it needs them."""
    return text if _PLAIN.fullmatch(text) else json.dumps(text, ensure_ascii=False)


def lacks_failed_checks(program: Program) -> bool:
    """Whether the checks were left out because they failed, and no person has written since that there are none.

    `checks: []`, other checks, or a front matter without that comment are a person's word.
    """
    front, _ = split_front_matter(program.source, program.path) if program.source else ("", "")
    lines = [line.strip() for line in front.splitlines()]
    left_out = any(line.startswith(_LEFT_OUT) and after.startswith("# checks:") for line, after in pairwise(lines))
    return left_out and ("checks",) not in load_front_matter(front, program.path).lines


def _line(entry: FrontMatterEntry) -> str:
    return f"{entry.key}: {flow(entry.value)}"


def flow(value: Value) -> str:
    """A value as it is written on one line."""
    # As the only item of a list, the value is quoted if it must be and has no end-of-document mark.
    listed = yaml.safe_dump([value], default_flow_style=True, width=1_000_000, allow_unicode=True, sort_keys=False)
    written = listed.removeprefix("[").rstrip().removesuffix("]")
    return json.dumps(value, ensure_ascii=False) if "\n" in written else written  # YAML would fold a text of several lines
