"""`status`, `log` and `show`: what they show of a campaign in each of its states."""

from pathlib import Path

import pytest
from builders import concluded, proposed, session, stopped, trial
from started_processes import processes
from targets import copied, git, make_repo, overnight, program, read_json, run_here

from overnight.research.events import Event
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
    """A copy of that campaign, to add events to."""
    return copied(begun, tmp_path / "r")


@pytest.mark.parametrize(
    ("command", "most"),
    [
        ("status", 5),
        ("log", 5),
        ("audit --pairs 2 --no-leave-one-out --no-report", 15),
        ("run --experiments 1 --no-report", 20),
    ],
)
def test_a_command_starts_git_a_few_times(repo: Path, command: str, most: int) -> None:
    """Our folder is checked once; what git said when the repository was found is not asked again."""
    with processes() as started:
        run_here(repo, *command.split())
    commands = [one.command for one in started if one.argv[0] == "git"]
    assert commands.count("ls-files") == commands.count("version") == 1 and len(commands) <= most, commands


def record(repo: Path, *events: Event) -> None:
    """Add events to the campaign, as if a session had been killed after them."""
    ledger = SqliteLedger(repo / ".overnight/t")
    ledger.append(*events)
    ledger.close()


def test_an_open_experiment_has_the_trials_that_it_has(repo: Path) -> None:
    """`log` and `show` count the recorded trials of an experiment without a verdict."""
    head = git(repo, "rev-parse", "autoresearch/t")
    record(repo, session(), proposed(2, base=head, commit=head), trial(2, 0, value=3.5), trial(2, 1, value=3.0))
    newest = read_json(repo, "log")["experiments"][0]
    assert (newest["number"], newest["trials"], newest["value"], newest["conclusion"]) == (2, 2, 3.25, None)
    shown = read_json(repo, "show", "2")["experiment"]
    assert (shown["trials"], shown["value"]) == (2, 3.25)
    assert "campaign  t, killed; `overnight run` continues it," in overnight(repo, "status", check=0).stdout


def test_a_table_in_a_pipe_is_not_wrapped(repo: Path) -> None:
    """Output that is not a terminal gets one line per row without padding, however long."""
    head = git(repo, "rev-parse", "autoresearch/t")
    long = stopped()
    record(repo, session(), proposed(2, base=head, commit=head, role="r"), concluded(2), long)
    lines = overnight(repo, "log", check=0).stdout.splitlines()
    assert len(lines) == 1 + 2 + 1 and all(line == line.rstrip() for line in lines)
    assert len(overnight(repo, "show", "1", check=0).stdout) > 100


def test_a_log_without_experiments_says_so(tmp_path: Path) -> None:
    """Instead of a bare header: there is nothing yet, or nothing that far back."""
    repo = make_repo(tmp_path / "r", program(BETTER, measure="exit 3"))
    overnight(repo, "run", "--tag", "t", "--no-report", check=2)
    assert overnight(repo, "log", check=0).stdout.startswith("no experiments yet")
    assert "there are none yet" in overnight(repo, "show", "1", check=2).stderr
    done = make_repo(tmp_path / "done", program(BETTER))
    overnight(done, "run", "--no-report", check=0)
    assert overnight(done, "log", "--offset", "7", check=0).stdout == "nothing after 7: there is 1 experiment\n"


def test_an_exact_gain_has_no_interval(repo: Path) -> None:
    """One number is shown once, not as `+2 [2, 2]`; and one experiment is singular."""
    assert "[" not in overnight(repo, "status", check=0).stdout + overnight(repo, "log", check=0).stdout
    assert "tried     1 experiment in 6 trials" in overnight(repo, "status", check=0).stdout
    assert "overnight/t has 1 commit on top of" in overnight(repo, "finalize", check=0).stdout


def test_noise_is_that_of_the_campaign(repo: Path) -> None:
    """`show` says what its sentence about the noise is based on: all heads so far, not this experiment."""
    assert "4 trials of this campaign's heads" in overnight(repo, "show", "1", check=0).stdout


def test_an_audit_ends_no_campaign(repo: Path) -> None:
    """`status` says that the last session was an audit, and what the audit found."""
    overnight(repo, "audit", "--no-report", check=0)
    shown = overnight(repo, "status", check=0).stdout
    assert "campaign  t, not running; its last session was an audit," in shown
    assert "audit     gain 2 over the start by 3 pairs" in shown


def test_why_a_session_ended_is_said_in_its_own_words(tmp_path: Path) -> None:
    """If a session got less than the budget, its last line and `status` do not say that the budget is spent."""
    repo = make_repo(tmp_path / "r", program(BETTER, ("OFFSET = 3.0", "OFFSET = 2.0")))
    said = overnight(repo, "run", "--experiments", "1", "--no-report", check=0).stdout
    assert "1 experiment in this session, as asked for; 1 experiment in" in said
    assert "stopped: 1 experiment in this session, as asked for," in overnight(repo, "status", check=0).stdout
    status = read_json(repo, "status")
    assert (status["stopped"], status["stopped_detail"]) == ("session", "1 experiment in this session, as asked for")


@pytest.mark.usefixtures("undrawn")
def test_exact_gains_of_a_fixed_seed_are_warned_of(tmp_path: Path) -> None:
    """At the end of the run, by `status` and in both reports."""
    fixed = make_repo(tmp_path / "f", program(BETTER, measure="python train.py 0"), noise=0.1)
    assert "WARNING   if the target draws" in overnight(fixed, "run", "--tag", "t", check=0).stdout
    [caution] = read_json(fixed, "status")["cautions"]
    assert "set min_effect" in caution
    for name in ("report.html", "report.md"):
        assert "if the target draws random numbers" in (fixed / ".overnight/t" / name).read_text()
