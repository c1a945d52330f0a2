"""How the demo ends, and when it continues."""

from pathlib import Path

import pytest
from builders import advanced, baseline, concluded, opened, proposed, stopped, trial
from targets import make_repo, program

from overnight.cli import demo
from overnight.gate.trial import Stage
from overnight.gate.verdict import Verdict
from overnight.research.ending import EndReason
from overnight.research.events import Event, Registered
from overnight.research.record.ledger import SqliteLedger

OVER = stopped(EndReason.SESSION, "the 2 min 30 s of this session are over", elapsed_s=150.0)
TESTED: list[Event] = [proposed(1), trial(1), Registered(number=1, test=1, level=0.01, margin=0.0)]


def demo_of(folder: Path, *events: Event) -> Path:
    """A demo's folder with a campaign of these events."""
    repo = make_repo(folder / "demo", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    (repo / ".overnight" / demo.TAG).mkdir(parents=True)
    ledger = SqliteLedger(repo / ".overnight" / demo.TAG)
    ledger.append(opened(), baseline(0, 5.0), *events)
    ledger.close()
    return repo


def test_it_goes_on_for_the_verdict_on_what_is_under_test(tmp_path: Path) -> None:
    """It continues only if it ran out of time; an experiment that is not yet under test is no reason to."""
    repo = demo_of(tmp_path / "a", *TESTED, OVER)
    assert demo._may_go_on(demo.NOTHING_KEPT, repo) and demo._under_test(repo) == [1]
    repo = demo_of(tmp_path / "b", proposed(1), trial(1), OVER)
    assert demo._may_go_on(demo.NOTHING_KEPT, repo) and not demo._under_test(repo)


@pytest.mark.parametrize("reason", [EndReason.INTERRUPT, EndReason.SIGNAL, EndReason.STOP, EndReason.ERROR])
def test_it_does_not_go_on_after_a_signal_or_an_error(
    tmp_path: Path, reason: EndReason, capsys: pytest.CaptureFixture[str]
) -> None:
    """After Ctrl-C, a signal, `overnight stop` or an error it neither continues nor says that all is well."""
    repo = demo_of(tmp_path, *TESTED, stopped(reason, "SIGTERM was received"))
    assert not demo._may_go_on(demo.NOTHING_KEPT, repo)
    assert demo._ended(demo.NOTHING_KEPT, repo) == demo.NOTHING_KEPT and capsys.readouterr().out == ""


def test_nothing_proven_is_no_failure(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """It says so, with the progress of the open experiment and how to continue; the exit code is 0."""
    asked = trial(1, stage=Stage.HOLDOUT)
    repo = demo_of(tmp_path, *TESTED, asked, OVER)
    assert demo._ended(demo.NOTHING_KEPT, repo) == 0
    said = capsys.readouterr().out
    assert "nothing was proven this time; #1 is proven in public and waits for the holdout" in said
    assert f"cd {repo} && overnight run" in said


def test_other_codes_stay(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The exit codes of Ctrl-C and of a campaign that kept something do not change."""
    repo = demo_of(tmp_path, *TESTED, concluded(1, Verdict.KEEP, gain=1.0), advanced(1), OVER)
    assert [demo._ended(code, repo) for code in (0, 130)] == [0, 130]
    assert not demo._under_test(repo) and capsys.readouterr().out == ""
