"""Bad input ends with one clear line and exit code 2, and nothing is lost."""

import sqlite3
from pathlib import Path

import pytest
from targets import assert_verified, git, make_repo, overnight, program, read_json

BETTER = ("OFFSET = 5.0", "OFFSET = 3.0")


def refused(folder: Path, *arguments: str) -> str:
    """The single line on standard error that refuses the command."""
    lines = overnight(folder, *arguments, check=2).stderr.strip().splitlines()
    assert len(lines) == 1 and lines[0].startswith("error: "), lines
    return lines[0]


def test_no_repository(tmp_path: Path) -> None:
    """Outside git, the fix is to make a repository."""
    assert "git init" in refused(tmp_path, "run")


def test_no_program(tmp_path: Path) -> None:
    """Without a program, the fix is `init`."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    (repo / "program.md").unlink()
    assert "overnight init" in refused(repo, "run", "--no-report")


def test_unknown_key(tmp_path: Path) -> None:
    """The error names the file, the line, the key and the nearest known key."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="mesure: python train.py"))
    line = refused(repo, "run", "--no-report")
    assert "program.md:" in line and "mesure" in line and "measure" in line


@pytest.mark.parametrize(
    ("output", "message"),
    [
        ("print('hello')", "METRIC loss="),
        ("print('METRIC loss=1'); print('METRIC loss=2')", "twice with different values"),
        ("print('METRIC loss=nan')", "NaN"),
        ("print('METRIC loss=inf')", "infinite"),
        ("raise SystemExit(3)", "exit code 3"),
        ("import os; os.write(1, bytes(range(256)) * 100)", "METRIC loss="),
        ("while True: pass", "of 1 s"),
        ("import time; time.sleep(60)", "or the machine stalled"),
        ("import os\nfor _ in range(100): os.write(1, b'x' * 1_000_000)", "MB"),
    ],
)
def test_a_baseline_that_cannot_be_measured(tmp_path: Path, output: str, message: str) -> None:
    """A missing, contradictory, NaN or infinite metric, or a failing, hanging or flooding command: one line says so."""
    text = program(BETTER, front="").replace(
        "limits: {wall: 10s", "limits: {wall: 1s" if message in {"of 1 s", "or the machine stalled"} else "limits: {wall: 10s"
    )
    repo = make_repo(tmp_path / "r", text)
    (repo / "train.py").write_text(output)
    git(repo, "commit", "-qam", "bad")
    line = refused(repo, "run", "--no-report")
    assert message in line and len(line) < 600


def test_a_missing_command(tmp_path: Path) -> None:
    """A measure command that does not exist is named."""
    repo = make_repo(tmp_path / "r", program(BETTER, measure="no-such-program {seed}"))
    assert "no-such-program" in refused(repo, "run", "--no-report")


def test_an_allowed_exit_code(tmp_path: Path) -> None:
    """A non-zero exit code of `measure` is fine if the program allows it; that of `checks` never is."""
    text = program(BETTER, ("SCALE = 1.0", "SCALE = 2.0"), front="checks: ['grep -q \"SCALE = 1.0\" train.py || exit 3']")
    repo = make_repo(tmp_path / "r", text.replace("limits: {wall: 10s", "limits: {allow_exit: [0, 3], wall: 10s"))
    (repo / "train.py").write_text((repo / "train.py").read_text() + "\nsys.exit(3)\n")
    git(repo, "commit", "-qam", "exit")
    overnight(repo, "run", "--no-report", check=0)
    ends = {e["number"]: e["conclusion"] for e in read_json(repo, "log")["experiments"]}
    assert ends[1]["verdict"] == "keep"
    assert ends[2]["verdict"] == "crash" and "the check" in ends[2]["reason"] and "exit code 3" in ends[2]["reason"]


SPLIT = """---
metric: {name: loss, direction: minimize}
produce: "python train.py 1 > out.txt || exit 4; exit 3"
score: "cat out.txtEXIT"
artifacts: [out.txt]
editable: [train.py]
limits: {wall: 10s, memory: 500MB, allow_exit: [0, 3]}
---
"""


def test_an_allowed_exit_code_is_for_the_candidate_not_for_the_scorer(tmp_path: Path) -> None:
    """With two processes, `produce` may exit so, and frozen code that fails has no value."""
    repo = make_repo(tmp_path / "r", SPLIT.replace("EXIT", ""))
    overnight(repo, "check", check=0)
    (repo / "program.md").write_text(SPLIT.replace("EXIT", "; exit 3"))
    assert "exit code 3" in refused(repo, "check")


@pytest.mark.parametrize(
    ("globs", "message"),
    [("[nothing.py]", "matches no file"), ("['*']", "must stay frozen"), ("[program.md]", "must stay frozen")],
)
def test_globs_that_do_not_fit(tmp_path: Path, globs: str, message: str) -> None:
    """If editable globs match nothing, or match what must stay frozen, the error names the key."""
    repo = make_repo(tmp_path / "r", program(BETTER).replace("editable: [train.py]", f"editable: {globs}"))
    line = refused(repo, "run", "--no-report")
    assert "editable" in line and message in line


@pytest.mark.parametrize(
    ("name", "more", "message"),
    [
        ("none.jsonl", "", "`none.jsonl` is not in the commit"),
        ("train.py", "", "`train.py` is editable"),
        ("program.md", "hidden: [program.md]\n", "`program.md` is hidden"),
    ],
)
def test_a_file_of_scripted_edits_that_cannot_be_used(tmp_path: Path, name: str, more: str, message: str) -> None:
    """It must be committed, and neither hidden nor editable; the error says which."""
    head, body = program().split("researchers:")[0], program().split("---\n")[-1]
    text = f"{head}{more}researchers: [{{role: s, use: scripted, edits_file: {name}}}]\n---\n{body}"
    repo = make_repo(tmp_path / "r", text)
    line = refused(repo, "run", "--no-report")
    assert "researchers.edits_file" in line and message in line


def test_a_corrupted_ledger(tmp_path: Path) -> None:
    """Even with a newer snapshot, the error says what is readable and what to do, and nothing is run or written."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    path = repo / ".overnight/t/ledger.db"
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT max(seq) FROM snapshots").fetchone()[0] > 4
        db.execute("UPDATE events SET body=replace(body, 'loss', 'gain') WHERE seq=4")
        before = db.execute("SELECT count(*), max(seq) FROM events").fetchone()
    line = refused(repo, "run", "--tag", "t", "--no-report")
    assert "the first 3 events are intact and readable" in line
    assert "overnight verify" in line and "--salvage" in line
    with sqlite3.connect(path) as db:
        assert db.execute("SELECT count(*), max(seq) FROM events").fetchone() == before
    done = overnight(repo, "verify", check=1)
    assert "FAIL  ledger" in done.stdout


def test_the_metric_is_fixed_for_a_campaign(tmp_path: Path) -> None:
    """Changing the metric, or what else verdicts depend on, during a campaign is refused; the size of a test may change."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    path = repo / "program.md"
    path.write_text(path.read_text().replace("direction: minimize", "direction: maximize"))
    assert "metric changed" in refused(repo, "run", "--tag", "t", "--no-report")
    path.write_text(path.read_text().replace("direction: maximize", "direction: minimize"))
    for more in ("checks: [pytest]", "guards: [wall_s <= 9]", "gate: {error_rate: 0.2}", "gate: {noise: gaussian}"):
        path.write_text(path.read_text().replace("metric: {", f"{more}\nmetric: {{", 1))
        named = more.split(":")[0] + ("." + more.split("{")[1].split(":")[0] if "{" in more else "")
        assert f"{named} changed since the campaign" in refused(repo, "run", "--tag", "t", "--no-report")
        path.write_text(path.read_text().replace(f"{more}\n", ""))
    path.write_text(path.read_text().replace("wall: 10s", "wall: 9s"))
    assert "limits changed" in refused(repo, "run", "--tag", "t", "--no-report")
    text = path.read_text().replace("wall: 9s", "wall: 10s")
    path.write_text(text.replace("metric: {", "gate: {max_pairs: 70}\nmetric: {", 1))
    overnight(repo, "run", "--tag", "t", "--no-report", check=1)  # there is nothing left to do
    assert read_json(repo, "status")["kept"] == 1


def test_a_branch_that_is_there_already(tmp_path: Path) -> None:
    """A branch with the campaign's name that is not ours is not moved."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    git(repo, "commit", "-q", "--allow-empty", "-m", "theirs")
    git(repo, "branch", "autoresearch/t")
    git(repo, "reset", "-q", "--soft", "HEAD~1")
    assert "autoresearch/t already exists" in refused(repo, "run", "--tag", "t", "--no-report")


def test_an_unknown_experiment(tmp_path: Path) -> None:
    """The error names the newest one."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    overnight(repo, "run", "--no-report", check=0)
    assert "the newest is 1" in refused(repo, "show", "7")
    assert "no campaign" in refused(repo, "status", "--tag", "other")


def test_a_folder_where_nothing_can_be_written(tmp_path: Path) -> None:
    """A repository that cannot be written to is named before anything is done."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    (repo / ".overnight").write_text("a file in our place")
    assert ".overnight" in refused(repo, "run", "--no-report")


def test_a_place_where_a_report_cannot_be_written(tmp_path: Path) -> None:
    """What the system refuses is reported in one line with the path, for the user to fix."""
    repo = make_repo(tmp_path / "r", program(BETTER))
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    assert "train.py" in refused(repo, "report", "--out", "train.py/report")


def test_several_mistakes_each_say_that_they_are_errors(tmp_path: Path) -> None:
    """Every line of a long error begins like the first one."""
    repo = make_repo(tmp_path / "r", program(BETTER, front="mesure: x\nguards: [nonsense]"))
    lines = overnight(repo, "run", check=2).stderr.strip().splitlines()
    assert len(lines) == 2 and all(line.startswith("error: program.md:") for line in lines), lines


def test_a_campaign_without_any_value_starts_over(tmp_path: Path) -> None:
    """A wrong first command does not lock its tag: once fixed, the campaign starts over and its old record is set aside."""
    repo = make_repo(tmp_path / "r", program(BETTER, measure="python trian.py {seed}"))
    assert "trian.py" in refused(repo, "run", "--tag", "t", "--no-report")
    status = read_json(repo, "status")
    assert "trian.py" in status["failed"] and (status["sigma"], status["head_value"]) == (None, None)
    shown = overnight(repo, "status", check=0).stdout
    assert "failed: the head cannot be measured: exit code 2" in shown and "gaussian" not in shown and "killed" not in shown
    path = repo / "program.md"
    path.write_text(path.read_text().replace("trian.py", "train.py"))
    (repo / "train.py").write_text((repo / "train.py").read_text() + "# fixed\n")
    git(repo, "commit", "-qam", "fix")
    said = overnight(repo, "run", "--tag", "t", "--no-report", check=0).stderr
    assert "the campaign starts over; the old record is ledger-1.db" in said
    status = read_json(repo, "status")
    assert (status["kept"], status["failed"], status["start"]) == (1, "", git(repo, "rev-parse", "HEAD"))
    assert_verified(repo)
    with sqlite3.connect(repo / ".overnight/t/ledger-1.db") as old:
        assert old.execute("SELECT count(*) FROM events WHERE kind='trial_finished'").fetchone() == (3,)
    assert "starts over" not in overnight(repo, "run", "--tag", "t", "--no-report").stderr


def test_a_value_fixes_the_campaign(tmp_path: Path) -> None:
    """If one trial of the head had a value, nothing is set aside, whatever happened to the rest."""
    flaky = "python train.py {seed} && [ $(({seed} % 20)) != 0 ]"
    repo = make_repo(tmp_path / "r", program(BETTER, measure=flaky), noise=0.1)
    overnight(repo, "run", "--tag", "t", "--no-report")
    path = repo / "program.md"
    path.write_text(path.read_text().replace("direction: minimize", "direction: maximize"))
    assert "metric changed" in refused(repo, "run", "--tag", "t", "--no-report")
    assert not (repo / ".overnight/t/ledger-1.db").exists()


def test_uncommitted_changes_are_reported(tmp_path: Path) -> None:
    """A campaign starts from a commit; uncommitted changes are named, editable files first, `program.md` never."""
    files = dict.fromkeys(("a.py", "b.py", "c.py"), "1")
    repo = make_repo(tmp_path / "r", program(BETTER), files=files)
    (repo / "program.md").write_text((repo / "program.md").read_text() + "more\n")
    assert "uncommitted" not in overnight(repo, "check", check=0).stdout
    for name in (*files, "train.py"):
        (repo / name).write_text((repo / name).read_text() + "# changed\n")
    note = "trials run what is committed: your uncommitted changes to train.py, a.py, b.py and 1 more file are left out"
    assert f"note        {note}\n" in overnight(repo, "check", check=0).stdout
    assert f"note: {note}\n" in overnight(repo, "run", "--no-report", check=0).stderr
