"""What the tuner finds in ordinary code, and that an edit changes a literal and nothing else."""

import ast
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.program import Direction, Metric, Program
from overnight.research.researchers.tuner.findings import Findings, Tier, Unreadable, Value
from overnight.research.researchers.tuner.grammars import scan_with_grammars
from overnight.research.researchers.tuner.moves import Move
from overnight.research.researchers.tuner.sources import scan
from overnight.research.researchers.tuner.target import Target, read_target

TRAINING = """\
import argparse
import random

DAYS_PER_WEEK = 7
GRAVITY = 9.81


class Model:
    momentum = 0.8

    def step(self, grad, *, gain=0.7):
        if grad > 12.5:  # clipped
            grad = grad * 0.35
        return {"grad": grad, "hours": grad / 3600, "half": grad[3] ** 3}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("-l", "--lr", type=float, default=0.05, help="0.1 is too much")
    parser.add_argument("--lucky-number", type=int, default=77)
    parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
    parser.add_argument("--port", type=int, default=8080)
    args = parser.parse_args()
    random.seed(args.lucky_number)
    print(f"METRIC loss={Model().step(args.lr)['grad']:.6f}", 0.25)


main()
"""
COMMAND_LINE = """\
import click

@click.command()
@click.option("--depth", "-d", default=5, show_default=True)
@click.option("--act", type=click.Choice(["relu", "gelu"]), default="relu")
@click.option("--norm/--no-norm", default=True)
def main(depth, act, norm): ...
"""
RECORDS = """\
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple
from pydantic import BaseModel, Field

@dataclass
class Search:
    width: int = 48
    drop: float = field(default=0.1)
class Server(BaseModel):
    cache: int = Field(300, ge=1, le=9000)
    version: int = 3
class Point(NamedTuple):
    x: float = 2.5
class Color(IntEnum):
    RED = 3
"""
KERNEL = """\
#ifndef KERNEL_H
#define KERNEL_H
#define BLOCK 32      /* columns at once */
#define ALPHA 0.5f
#define MASK 0xFF
#define PAGE_SIZE 4096
static const int unroll = 4, height = 12;
constexpr double tolerance = 1.5e-6;
static int calls = 3;
int table[3] = {5, 6, 7};
void run(void) { const float beta = .9f; int i = 5; for (i = 3; i < 12; i++) g("BLOCK 32"); }
#endif
"""
MODULE = """\
export const RATE = 0.05; // per step
const cfg = { depth: 3, adam: { beta: 0.9 }, list: [1, 2], on: true };
let state = 3;
class Tree { static leaves = 64; }
function grow(rate = 0.3) { const width = 12; return width * rate; }
export default { batch: 24 };
"""
CRATE = """\
const RATE: f64 = 0.05;
pub const DEPTH: usize = 1_500usize;
static mut CALLS: u32 = 7;
impl Tree { const LEAVES: u32 = 48; }
fn grow() { const WIDTH: f32 = 2.5e-3_f32; let mut seen = 3; }
const FAST: bool = true;
"""
GO = """\
package main

const Rate = 0.05 // per step
const (
	Depth       = 5
	Wide, High  = 24, 48
	KB          = 1 << 10
	Red         = iota
	StatusFound = 302
)
var gain = 0.7
var config = Config{Leaves: 48}
func main() { const inner = 12; x := 3.5; _ = x }
"""
MAKEFILE = """\
CC = gcc
CFLAGS ?= -O2 -Wall -DTILE=24 # -O1
JOBS = 4
kernel: kernel.c
\t$(CC) $(CFLAGS) -o kernel kernel.c
"""


def target(folder: Path, files: Mapping[str, str | bytes], measure: str | None = None) -> Target:
    """What the tuner can change in these files."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    metric = Metric(name="loss", direction=Direction.MINIMIZE)
    program = Program(path="program.md", metric=metric, editable=("**",), measure=measure)
    return read_target(folder, program, {})


def tunable(folder: Path, files: Mapping[str, str], measure: str | None = None) -> dict[str, Value]:
    """Names and values of what is tuned."""
    return {dimension.constant.name: dimension.constant.value for dimension in target(folder, files, measure).space}


def test_a_training_script_with_options(tmp_path: Path) -> None:
    """Options come first, then defaults and attributes, then literals in functions; facts, seeds and ports are left alone."""
    found = target(tmp_path, {"train.py": TRAINING})
    assert [(d.constant.name, d.constant.value, d.constant.tier) for d in found.space] == [
        ("--lr", 0.05, Tier.NAMED),
        ("--optimizer", "sgd", Tier.NAMED),
        ("Model.momentum", 0.8, Tier.DEFAULT),
        ("Model.step.gain", 0.7, Tier.DEFAULT),
        ("Model.step.grad", 12.5, Tier.INSIDE),
        ("Model.step.grad-2", 0.35, Tier.INSIDE),
    ]
    assert set(found.left_alone) == {"DAYS_PER_WEEK", "GRAVITY", "--lucky-number", "--port"}


@pytest.mark.parametrize(
    ("file", "text", "expected"),
    [
        ("cli.py", COMMAND_LINE, {"--depth": 5, "--act": "relu", "--norm": True}),
        ("records.py", RECORDS, {"Search.width": 48, "Search.drop": 0.1, "Server.cache": 300, "Point.x": 2.5}),
        (
            "kernel.cpp",
            KERNEL,
            {"BLOCK": 32, "ALPHA": 0.5, "unroll": 4, "height": 12, "tolerance": 1.5e-6, "run.beta": 0.9},
        ),
        (
            "tree.js",
            MODULE,
            {
                "RATE": 0.05,
                "cfg.depth": 3,
                "cfg.adam.beta": 0.9,
                "cfg.on": True,
                "Tree.leaves": 64,
                "batch": 24,
                "grow.rate": 0.3,
                "grow.width": 12,
            },
        ),
        ("lib.rs", CRATE, {"RATE": 0.05, "DEPTH": 1500, "Tree.LEAVES": 48, "grow.WIDTH": 2.5e-3, "FAST": True}),
        (
            "main.go",
            GO,
            {"Rate": 0.05, "Depth": 5, "Wide": 24, "High": 48, "gain": 0.7, "config.Leaves": 48, "main.inner": 12},
        ),
        ("Makefile", MAKEFILE, {"CFLAGS": "-O2", "CFLAGS.TILE": 24}),
    ],
)
def test_settings_of_each_language(tmp_path: Path, file: str, text: str, expected: dict[str, Value]) -> None:
    """Constants, options, fields and flags are found; variables, masks, enumerations, units and data are not."""
    assert tunable(tmp_path, {file: text}) == expected


@pytest.mark.parametrize("file", ["kernel.c", "kernel.h", "tree.ts", "tree.tsx", "tree.mjs"])
def test_related_suffixes(tmp_path: Path, file: str) -> None:
    """A file is read by the grammar of its name."""
    text = KERNEL if file.startswith("kernel") else MODULE
    assert len(tunable(tmp_path, {file: text})) >= 6


FILES = {
    "train.py": TRAINING,
    "cli.py": COMMAND_LINE,
    "records.py": RECORDS,
    "kernel.c": KERNEL,
    "kernel.cc": KERNEL,
    "tree.js": MODULE,
    "tree.ts": MODULE,
    "lib.rs": CRATE,
    "main.go": GO,
    "Makefile": MAKEFILE,
}


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Target:
    """All files above in one tree."""
    return target(tmp_path_factory.mktemp("all"), FILES)


@given(data=st.data())
def test_an_edit_changes_one_literal_and_nothing_else(everything: Target, data: st.DataObject) -> None:
    """Whatever value is chosen, all other bytes stay, and the tuner finds the new value in the same place."""
    dimension = data.draw(st.sampled_from(everything.space))
    constant = dimension.constant
    value = dimension.at(data.draw(st.floats(dimension.low, dimension.high)))
    edited = everything.edit(Move(values={constant.key: value}, reason="test"))
    assert list(edited) == [constant.path]
    before, after = everything.contents[constant.path], edited[constant.path]
    assert after.startswith(before[: constant.start])
    assert after.endswith(before[constant.end :])
    text = after[constant.start : len(after) - len(before[constant.end :])].decode()
    assert (text.strip("\"'") if isinstance(value, str) else {"true": True, "false": False}.get(text.lower(), text)) == (
        value if isinstance(value, str | bool) else text
    )
    if constant.path.endswith(".py"):
        ast.parse(after)
    if isinstance(value, int | float) and not isinstance(value, bool):
        assert float(text.replace("_", "")) == pytest.approx(float(value))


def test_edits_of_every_language_still_parse(everything: Target, tmp_path: Path) -> None:
    """With every value moved at once, the same names are found, each with its new value."""
    values = {d.key: value for d in everything.space if (value := d.moved(-d.step) or d.moved(d.step)) is not None}
    edited = everything.edit(Move(values=values, reason="test"))
    after = target(tmp_path, {**everything.contents, **edited})
    new = {d.key: d.constant.value for d in after.space if d.key in values and not isinstance(d.constant.value, str)}
    assert new == {key: value for key, value in values.items() if not isinstance(value, str)}


def test_literals_count_only_in_modules_that_the_program_imports(tmp_path: Path) -> None:
    """A script of another purpose is not searched for literals, though its constants are."""
    body = "RATE = 0.3\ndef f(x):\n    return x * 0.45\n"
    files = {
        "train.py": f"from pkg.model import (\n    f,\n)\n{body}",
        "pkg/__init__.py": "",
        "pkg/model.py": f"from . import deep\n{body}",
        "pkg/deep.py": body,
        "plot.py": body,
    }
    found = target(tmp_path, files, measure="python train.py --seed {seed}")
    inside = {d.constant.path for d in found.space if d.constant.tier is Tier.INSIDE}
    assert inside == {"train.py", "pkg/model.py", "pkg/deep.py"}
    assert "plot.py:RATE" in {d.key for d in found.space}


@pytest.mark.parametrize(
    "line",
    [
        *("PI = 3.14159", "TAU = 6.2832", "SECONDS = 86400", "KB = 1024", "MB = 1_000_000", "MAX_BYTE = 255"),
        *("RELEASE_YEAR = 2024", "HTTP_OK = 200", "EXIT_CODE = 3", "WORD_BITS = 32", "HOURS = 24", "PORT = 8080"),
        *("FLAGS = 0x1F", "API_VERSION = 3", "MOD = 1000000007", "SAMPLE = 44100", "MONTHS = 12", "MS_PER_TICK = 5"),
    ],
)
def test_facts_are_left_alone(tmp_path: Path, line: str) -> None:
    """A value that is no matter of taste is not tuned, as far as name, value and text show it."""
    assert tunable(tmp_path, {"t.py": f"{line}\nWIDTH = 1024\nALPHA = 3.1\n"}) == {"WIDTH": 1024, "ALPHA": 3.1}


CODEC = """
def varint(out, n):
    while n > 127:
        out.append(128 | n & 127)
        n >>= 7
    out.append(n % 128 + 128)

def read_varint(data, i):
    shift = value = 0
    while True:
        b = data[i]
        value += (b & 127) << shift
        if b < 128:
            return value
        shift += 7

def find(size, best, step):
    if step % 40 == 0 and size > 128 and best * 0.37 > 64 and step < 512:
        return size * 5
"""


def test_operands_of_bit_operations_are_facts(tmp_path: Path) -> None:
    """Masks and shifts of a format are left alone in decimal too; sizes and factors beside them are tuned."""
    found = tunable(tmp_path, {"train.py": CODEC})
    assert found == {"find.size": 128, "find.best": 0.37, "find.value": 64, "find.step": 512, "find.size-2": 5}


def test_without_the_parsers_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file in another language is skipped, with the command that would let it be read."""
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    reason = scan_with_grammars({"a.rs": b"const A: u32 = 5;"})["a.rs"]
    assert isinstance(reason, Unreadable)
    assert str(reason) == f"needs the parsers of the extra `syntax`: {sys.executable} -m pip install 'overnight[syntax]'"


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("a.c", b"x=>" * 9_000),  # takes the parser more time than it gets
        ("a.rs", b"(" * 99_000),
        ("a.go", b"{" * 99_000),
        ("a.js", b"\xff" * 99_000),
        ("a.ts", b"{a:" * 33_000),
        ("a.cpp", b"\0" * 99_000),
        ("Makefile", b"A = " * 24_000 + b"\xff" + b"-O2" * 1000),
        ("a.c", b"#define " + b"A" * 90_000 + b" 5\n"),
    ],
)
def test_hostile_files_harm_no_other(file: str, content: bytes) -> None:
    """A text that is too much for a parser, or not text at all, leaves the other files as they are."""
    found = scan({file: content, "z.c": b"#define BLOCK 32\n", "é\n.go": b"package p\nconst A = 5\n"})
    assert set(found) == {file, "z.c", "é\n.go"}
    others = [scanned for path, scanned in found.items() if path != file]
    assert [len(scanned.constants) for scanned in others if isinstance(scanned, Findings)] == [1, 1]
