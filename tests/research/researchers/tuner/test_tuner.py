"""The tuner as a researcher, on real files."""

import ast
import asyncio
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from builders import proposed

from overnight.gate.verdict import Verdict
from overnight.program.program import Direction, Metric, Program
from overnight.research.events import Proposed
from overnight.research.experiment import Draft
from overnight.research.researchers.port import Assignment, NoIdeas
from overnight.research.researchers.tuner.tuner import Tuner
from overnight.testing import ResearcherConformance, ended

TRAIN = """# a small model
SEED = 7
LUCKY = 3
LEARNING_RATE = 0.01  # the most important one
INIT_STD = 0.02
WIDTH = 32
USE_NORM = False
STEPS = 100

def forward(x):
    x = norm(x)
    return x * LUCKY if USE_NORM else x

random.seed(LUCKY)
"""


class Work:
    """A tree, and a tuner that works on it."""

    def __init__(self, folder: Path, files: Mapping[str, str], editable: tuple[str, ...] = ("*.py",)) -> None:
        self.tuner = Tuner()
        self.head, self.files = "c0", dict(files)
        self.program = Program(path="program.md", metric=Metric(name="loss", direction=Direction.MINIMIZE), editable=editable)
        self._folder = folder
        self._under_way: dict[int, Proposed] = {}

    def propose(self, number: int) -> Draft:
        """Run the tuner on a fresh copy of the tree; its output is in `written`."""
        folder = self._folder / str(number)
        for path, text in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text)
        draft = asyncio.run(
            self.tuner.propose(
                Assignment(
                    number=number,
                    role="tuner",
                    program=self.program,
                    workspace=folder,
                    brief="",
                    head=self.head,
                    under_way=tuple(self._under_way.values()),
                )
            )
        )
        self._under_way[number] = replace(proposed(number), researcher="tuner", notes=draft.notes)
        self.written = {path: (folder / path).read_text() for path in self.files}
        return draft

    def forget(self, number: int) -> None:
        """A proposal is under way no more, and nothing came of it."""
        del self._under_way[number]

    def end(self, number: int, draft: Draft, verdict: Verdict, gain: float | None) -> None:
        """Report the outcome to the tuner; a kept change becomes the tree."""
        self._under_way.pop(number, None)
        self.tuner.learn(ended(number, "tuner", draft, verdict, gain=gain, base=self.head))
        if verdict is Verdict.KEEP:
            self.head, self.files = f"commit-{number}", self.written


class TestTuner(ResearcherConformance):
    """The tuner keeps what every researcher promises."""

    def make(self, folder: Path) -> Tuner:
        """A new tuner."""
        return Tuner()

    def assign(self, workspace: Path, number: int) -> Assignment:
        """A tree with constants in two formats."""
        (workspace / "train.py").write_text(TRAIN)
        (workspace / "config.yaml").write_text("decay: 0.1  # strong\n")
        (workspace / "frozen.py").write_text("LR = 0.5\n")
        program = Program(
            path="program.md",
            metric=Metric(name="loss", direction=Direction.MINIMIZE),
            editable=("train.py", "config.yaml"),
        )
        return Assignment(number=number, role="tuner", program=program, workspace=workspace, brief="", head="c0")


def test_first_steps_cover_each_constant_in_order(tmp_path: Path) -> None:
    """Without search trials, the first proposals are bold steps of one constant each, the learning rate first."""
    work = Work(tmp_path, {"train.py": TRAIN})
    changed = []
    for number in range(1, 8):
        draft = work.propose(number)
        changed += [key for key in draft.notes if key.startswith("was ")]
        work.end(number, draft, Verdict.DISCARD, -0.1)
    names = ("LEARNING_RATE", "LEARNING_RATE", "INIT_STD", "INIT_STD", "USE_NORM", "WIDTH", "WIDTH")
    assert changed == [f"was train.py:{name}" for name in names]


def test_hypothesis_says_what_changed(tmp_path: Path) -> None:
    """The sentence names the constant, the old and the new value."""
    draft = Work(tmp_path, {"train.py": TRAIN}).propose(1)
    assert re.fullmatch(r"(Raise|Lower) LEARNING_RATE from 0\.01 to (0\.025|0\.004) \(one bold step\)", draft.hypothesis)


def test_proposals_differ_parse_and_leave_seeds_and_comments_alone(tmp_path: Path) -> None:
    """In a long campaign no tree comes twice, each parses, and seeds, run length and comments stay unchanged."""
    work = Work(tmp_path, {"train.py": TRAIN})
    seen = {TRAIN}
    for number in range(1, 80):
        draft = work.propose(number)
        text = work.written["train.py"]
        assert text not in seen
        seen.add(text)
        ast.parse(text)
        for kept in ("SEED = 7\n", "LUCKY = 3\n", "STEPS = 100\n", "  # the most important one\n"):
            assert kept in text
        verdict = (Verdict.DISCARD, Verdict.CRASH, Verdict.DISCARD)[number % 3]
        work.end(number, draft, verdict, None if verdict is Verdict.CRASH else number % 5 - 2.5)


def test_restart_makes_no_difference(tmp_path: Path) -> None:
    """A tuner that learns the past from experiments proposes the same as the one that ran them."""
    work, past = Work(tmp_path, {"train.py": TRAIN}), []
    for number in range(1, 40):
        draft = work.propose(number)
        verdict = Verdict.KEEP if number in (5, 17) else Verdict.DISCARD
        past.append(ended(number, "tuner", draft, verdict, gain=5.0 - number % 7, base=work.head))
        work.end(number, draft, verdict, 5.0 - number % 7)
    lived = work.propose(40)
    work.forget(40)
    work.tuner = Tuner()
    for experiment in past:
        work.tuner.learn(experiment)
    assert work.propose(40) == lived


def test_concurrent_proposals_differ(tmp_path: Path) -> None:
    """What is under way is not proposed again."""
    work = Work(tmp_path, {"train.py": TRAIN})
    assert len({work.propose(number).notes["point"] for number in range(1, 5)}) == 4


def test_data_files_are_tuned(tmp_path: Path) -> None:
    """Numbers in YAML, TOML, JSON and INI are tuned, and the hypothesis names the file."""
    files = {"a/c.yaml": "lr: 0.1 # y\n", "c.toml": "decay = 0.1 # t\n", "c.json": '{"std": 0.1}', "c.ini": "[m]\nbeta=0.9\n"}
    work = Work(tmp_path, files, editable=("**",))
    changed = set()
    for number in range(1, 9):
        draft = work.propose(number)
        changed |= {key.removeprefix("was ") for key in draft.notes if key.startswith("was ")}
        assert re.search(r"c\.(yaml|toml|json|ini):", draft.hypothesis)
    assert changed == {"a/c.yaml:lr", "c.toml:decay", "c.json:std", "c.ini:m.beta"}


def test_nothing_to_tune_says_what_was_looked_for(tmp_path: Path) -> None:
    """Without a constant the message names what was looked for, what was left alone and what did not parse."""
    files = {"a.py": "SEED = 1\n", "b.py": "x = (\n", "c.txt": "lr = 1\n"}
    with pytest.raises(
        NoIdeas,
        match=r"constants, options, defaults.* among \*\.py.*left alone: SEED.*b\.py does not parse: line 1",
    ):
        Work(tmp_path, files).propose(1)


def test_frozen_files_and_the_program_are_not_read(tmp_path: Path) -> None:
    """Only editable files are tuned, whatever is next to them."""
    work = Work(
        tmp_path, {"frozen.py": "LR = 0.1\n", "program.md": "---\n", ".git/x.json": '{"lr": 1}'}, editable=("train.py", ".git/")
    )
    with pytest.raises(NoIdeas):
        work.propose(1)


def test_large_files_and_links_are_skipped(tmp_path: Path) -> None:
    """A file too large to read is named; a symbolic link is not followed."""
    work = Work(tmp_path, {"big.json": '{"lr": 0.1, "text": "%s"}' % ("x" * 100_000)}, editable=("**",))
    (tmp_path / "outside.py").write_text("LR = 0.1\n")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "link.py").symlink_to(tmp_path / "outside.py")
    with pytest.raises(NoIdeas, match=r"big\.json is over 100,000 bytes"):
        work.propose(1)


def test_a_tree_of_very_many_numbers_keeps_notes_short(tmp_path: Path) -> None:
    """Of thousands of numbers only a limited number is tuned, so that the ledger stays small."""
    numbers = "\n".join(f"a{i} = {i}.5" for i in range(3000))
    draft = Work(tmp_path, {"c.toml": numbers}, editable=("c.toml",)).propose(1)
    assert len(draft.notes) <= 64 + 2


def test_a_small_space_is_exhausted_in_the_end(tmp_path: Path) -> None:
    """When every setting in range was tried, there are no ideas left."""
    work = Work(tmp_path, {"train.py": "FLAG = True\nDEPTH = 1\n"})
    tried = set()
    with pytest.raises(NoIdeas, match="tried everything in the range of FLAG, DEPTH"):
        for number in range(1, 20):
            draft = work.propose(number)
            tried.add(work.written["train.py"])
            work.end(number, draft, Verdict.DISCARD, -1.0)
    assert len(tried) == 2 * 3 - 1


def test_a_seed_in_another_file_is_a_seed(tmp_path: Path) -> None:
    """A constant that another editable file passes to a random generator is left alone."""
    files = {"config.py": "LUCKY = 3\n", "train.py": "from config import LUCKY\nrandom.seed(LUCKY)\n"}
    with pytest.raises(NoIdeas, match="left alone: LUCKY"):
        Work(tmp_path, files).propose(1)


def test_heavy_libraries_wait_for_the_first_proposal() -> None:
    """Importing and constructing the tuner does not import numpy."""
    code = "import sys; from overnight.research.researchers.tuner.tuner import Tuner; Tuner(); print('numpy' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
