"""`overnight meta demo`: its folder is an ordinary one, and what it says at its end is what was proven."""

from pathlib import Path

import pytest
from targets import git, run_here

from overnight.cli.meta_demo import ended
from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.repository import open_repository
from overnight.meta.demo import make_demo
from overnight.meta.moves import moves
from overnight.meta.preparation import prepare
from overnight.program.parser import parse_program
from overnight.research.charter import parse_charter
from overnight.research.ending import Ending, EndReason
from overnight.research.standing import Kept


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    make_demo(made := tmp_path_factory.mktemp("meta") / "demo", instance=5)
    return made


def test_the_demo_is_ready_to_run(folder: Path) -> None:
    """Charter and organisation are committed and have no mistakes; it is tried on new instances and on a sealed one."""
    prepared = prepare(open_repository(folder))
    assert git(folder, "status", "--porcelain") == ""
    charter = prepared.charter
    assert [(target.lab, target.fixed) for target in (*charter.targets, *charter.holdout)] == [
        ("plant", False),
        ("plant", True),
    ]
    program = parse_program(prepared.text, "program.md")
    lab = parse_program((folder / "program.md").read_text(), "program.md")
    assert lab.metric == program.metric and lab.gate == program.gate


def test_the_demos_organisation_has_much_to_change(folder: Path) -> None:
    """Researchers, counts, risk, spending of the gate and ideas; some ideas are good, and those come late."""
    prepared = prepare(open_repository(folder))
    found = list(moves(prepared.charter, prepared.text))
    assert {move.kind for move in found} == {"only", "add", "replace", "count", "pairs", "risk", "first", "drop"}
    ideas = [idea.text for idea in parse_charter(parse_program(prepared.text, "program.md").body).ideas]
    assert "double weight_decay" in ideas[3] and "double learning_rate" in ideas[6]


@pytest.mark.parametrize(
    ("reason", "code", "said"),
    [
        (EndReason.SESSION, 0, "nothing was proven this time"),
        (EndReason.INTERRUPT, 130, ""),
        (EndReason.NO_IDEAS, 1, ""),
    ],
)
def test_the_demo_says_if_nothing_was_proven(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, reason: EndReason, code: int, said: str
) -> None:
    """If only time was missing, that is no failure, and it says how to continue; else the session's exit code counts."""
    assert ended(code or 1, (), Ending(reason=reason, detail=""), tmp_path) == code
    assert said in capsys.readouterr().out


def test_the_demo_names_what_was_proven(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """With the verdict's reason, and how to get the better organisation."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="better in 6 pairs of fresh trials")
    keep = Kept(number=2, commit="c", hypothesis="Let tuner work alone", conclusion=conclusion)
    assert ended(0, (keep,), Ending(reason=EndReason.SESSION, detail=""), tmp_path) == 0
    out = capsys.readouterr().out
    assert "proven    #2 Let tuner work alone: better in 6 pairs" in out and "overnight meta finalize" in out


def test_the_demo_is_the_owners(tmp_path: Path) -> None:
    """An agent that says it is one may not start it."""
    done = run_here(tmp_path, "--as", "agent:claude", "meta", "demo", "x")
    assert done.returncode == 2 and "`meta demo` is for the owner alone" in done.stderr and not (tmp_path / "x").exists()
