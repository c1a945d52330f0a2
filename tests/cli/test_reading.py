"""`status`, `log` and `show`: what they say of a campaign in each of its states."""

import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from builders import concluded, proposed, session, trial
from targets import git, make_repo, overnight, program, read_json

from overnight.cli.audit import AuditReport
from overnight.cli.audit import describe as describe_audit
from overnight.cli.finalize import change
from overnight.gate.audit import ChangeAudit, Estimate, Standing
from overnight.research.events import Event, Stopped
from overnight.research.loop.journal import restore
from overnight.research.record.ledger import SqliteLedger

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")
LONG = "a hypothesis that is longer than any terminal is wide, " * 4


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that kept one change."""
    repo = make_repo(tmp_path_factory.mktemp("reading") / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--experiments", "1", "--no-report", check=0)
    return repo


@pytest.fixture
def repo(begun: Path, tmp_path: Path) -> Path:
    """A copy of it, to add events to."""
    return Path(shutil.copytree(begun, tmp_path / "r", symlinks=True))


def record(repo: Path, *events: Event) -> None:
    """Add events to the campaign, as a session that was killed then would have."""
    ledger = SqliteLedger(repo / ".overnight/t")
    ledger.append(*events)
    ledger.close()


def test_an_open_experiment_has_the_trials_that_it_has(repo: Path) -> None:
    """`log` and `show` count what is recorded of an experiment without a verdict."""
    head = git(repo, "rev-parse", "autoresearch/t")
    record(repo, session(), proposed(2, base=head, commit=head), trial(2, 0, value=3.5), trial(2, 1, value=3.0))
    newest = read_json(repo, "log")["experiments"][0]
    assert (newest["number"], newest["trials"], newest["value"], newest["conclusion"]) == (2, 2, 3.25, None)
    shown = read_json(repo, "show", "2")["experiment"]
    assert (shown["trials"], shown["value"]) == (2, 3.25)
    assert "campaign  t, killed; `overnight run` goes on," in overnight(repo, "status", check=0).stdout


def test_a_table_in_a_pipe_is_not_wrapped(repo: Path) -> None:
    """What is not a terminal gets a line a row and nothing behind it, however long."""
    head = git(repo, "rev-parse", "autoresearch/t")
    long = Stopped(reason="stop", detail="", elapsed_s=9.0)
    record(repo, session(), proposed(2, base=head, commit=head, role="r"), concluded(2), long)
    lines = overnight(repo, "log", check=0).stdout.splitlines()
    assert len(lines) == 1 + 2 + 1 and all(line == line.rstrip() for line in lines)
    assert len(overnight(repo, "show", "1", check=0).stdout) > 100


def test_a_log_without_experiments_says_so(tmp_path: Path) -> None:
    """No bare header: there is nothing yet, or nothing that far back."""
    repo = make_repo(tmp_path / "r", program(BETTER, measure="exit 3"))
    overnight(repo, "run", "--tag", "t", "--no-report", check=2)
    assert overnight(repo, "log", check=0).stdout.startswith("no experiments yet")
    assert "there are none yet" in overnight(repo, "show", "1", check=2).stderr
    done = make_repo(tmp_path / "done", program(BETTER))
    overnight(done, "run", "--no-report", check=0)
    assert overnight(done, "log", "--offset", "7", check=0).stdout == "nothing behind 7: there is 1 experiment\n"


def test_an_exact_gain_has_no_interval(repo: Path) -> None:
    """One number is said once: not `+2 [2, 2]`; and one is not many."""
    assert "[" not in overnight(repo, "status", check=0).stdout + overnight(repo, "log", check=0).stdout
    assert "tried     1 experiment in 6 trials" in overnight(repo, "status", check=0).stdout
    assert "overnight/t has 1 commit on top of" in overnight(repo, "finalize", check=0).stdout


def test_a_commit_for_review_says_what_changes(repo: Path) -> None:
    """The subject of a tuner's change is free of its search; nobody else's words are touched."""
    ledger = SqliteLedger.for_reading(repo / ".overnight/t")
    state = restore(ledger)
    ledger.close()
    assert state is not None
    kept = replace(state.kept[0], hypothesis="Lower LR from 0.02 to 0.008 (one bold step)")
    told = change(state, kept, "tuner")
    assert told.subject == "Lower LR from 0.02 to 0.008" and "How the tuner came to it: one bold step." in told.body
    told = change(state, kept, "command")
    assert told.subject == kept.hypothesis and "came to it" not in told.body


def test_noise_is_told_of_the_campaign(repo: Path) -> None:
    """`show` says what its sentence on the noise stands on: all heads so far, not this experiment."""
    assert "4 trials of this campaign's heads" in overnight(repo, "show", "1", check=0).stdout


def test_an_audit_ends_no_campaign(repo: Path) -> None:
    """`status` says that the last session was an audit, and what the audit found."""
    overnight(repo, "audit", "--no-report", check=0)
    told = overnight(repo, "status", check=0).stdout
    assert "campaign  t, not running; its last session was an audit," in told
    assert "audit     gain 2 over the start by 3 pairs" in told


def test_why_a_session_ended_is_said_in_its_own_words(tmp_path: Path) -> None:
    """A session that was given less than the budget has not spent it, by its last line and by `status`."""
    repo = make_repo(tmp_path / "r", program(BETTER, ("OFFSET = 3.0", "OFFSET = 2.0")))
    said = overnight(repo, "run", "--experiments", "1", "--no-report", check=0).stdout
    assert "1 experiment in this session, as asked for; 1 experiment in" in said
    assert "stopped: 1 experiment in this session, as asked for," in overnight(repo, "status", check=0).stdout
    status = read_json(repo, "status")
    assert (status["stopped"], status["stopped_detail"]) == ("budget", "1 experiment in this session, as asked for")


def test_exact_gains_of_a_fixed_seed_are_warned_of(tmp_path: Path) -> None:
    """At the end of the run, by `status` and in both reports; a command that takes the seed is not."""
    fixed = make_repo(tmp_path / "f", program(BETTER, measure="python train.py 0"), noise=0.1)
    assert "WARNING   if the target draws" in overnight(fixed, "run", "--tag", "t", check=0).stdout
    [caution] = read_json(fixed, "status")["cautions"]
    assert "set min_effect" in caution
    for name in ("report.html", "report.md"):
        assert "if the target draws random numbers" in (fixed / ".overnight/t" / name).read_text()


def test_an_audit_says_what_harms() -> None:
    """Better without it is more than that it can go, and times are told with the scale that they were compared on."""
    worse = Estimate(gain=-66.0, low=-66.0, high=-66.0, pairs=3, before=2098.0, after=2164.0)
    found = AuditReport(
        tag="t",
        audit=1,
        finished=True,
        start="s",
        head="h",
        total=Estimate(gain=2.948, low=1.0, high=4.8, pairs=20, before=26.985, after=23.776),
        reason="",
        changes=(
            ChangeAudit(number=4, standing=Standing.CAN_GO, estimate=worse),
            ChangeAudit(number=5, standing=Standing.CAN_GO, estimate=replace(worse, gain=0.0, low=0.0, high=0.0, after=2098.0)),
        ),
    )
    said = describe_audit(found, ())
    assert "kept #4    harms: 66 better without it; gain -66, the same in 3 pairs" in said
    assert "kept #5    can go: no gain worth having is left of it; gain +0" in said
    assert "26.985 -> 23.776: a gain beyond noise; gain by the ratios of pairs +2.948" in said
