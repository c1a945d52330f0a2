"""`overnight verify --rerun`: a keep is measured again, and what changed outside the repository is in the record."""

import json
import sqlite3
from pathlib import Path

import pytest
from damage import ended_campaign, one
from targets import COMMAND, copied, git, make_repo, overnight, program, read_json, started


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy campaign with two keeps."""
    return ended_campaign(tmp_path_factory.mktemp("verify"))


@pytest.fixture
def repo(ended: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return copied(ended, tmp_path / "copy")


def test_a_rerun_measures_with_seeds_of_its_own(repo: Path) -> None:
    """Kept changes hold again, with their seeds printed; nothing is recorded, and no campaign seed is used."""
    events = one(repo, "SELECT count(*) FROM events")
    used = {trial["seed"] for number in ("1", "3") for trial in read_json(repo, "show", number)["trials"]}
    printed = json.loads(overnight(repo, "verify", "--rerun", "all", "--pairs", "4", "--json", check=0).stdout)
    assert [each["number"] for each in printed] == [1, 3] and all(each["holds"] for each in printed)
    assert printed[0]["estimate"]["low"] > 1.5 and len(printed[0]["pairs"]) == 4
    assert not used & {pair["seed"] for each in printed for pair in each["pairs"]}
    assert one(repo, "SELECT count(*) FROM events") == events
    assert not list((repo / ".overnight").glob(".rerun-*"))
    assert "was not kept" in overnight(repo, "verify", "--rerun", "2", check=2).stderr


def test_a_claim_that_no_longer_holds_is_reported_with_a_possible_cause(tmp_path: Path) -> None:
    """Data outside the repository changed: the rerun refutes the keep, and the next session warns and records it."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "gain").write_text("1")
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"), front=f"readable: [{data}]")
    repo = make_repo(tmp_path / "r", text, noise=0.1)
    code = (repo / "train.py").read_text().replace("METRIC loss={OFFSET +", "METRIC loss={OFFSET * gain +")
    (repo / "train.py").write_text(f"gain = float(open('{data}/gain').read())\n{code}")
    git(repo, "commit", "-qam", "data")
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    (data / "gain").write_text("0")
    printed = json.loads(overnight(repo, "verify", "--rerun", "1", "--pairs", "3", "--json", check=1).stdout)
    assert printed[0]["holds"] is False and printed[0]["estimate"]["gain"] == 0.0
    done = overnight(repo, "run")
    assert f"WARNING: changed during the campaign: {data}" in done.stderr
    assert str(data) in read_json(repo, "status")["cautions"][0]
    folder = repo / ".overnight/t"
    assert "trials before and after may not be comparable" in (folder / "report.md").read_text()
    assert "may not be comparable" in (folder / "report.html").read_text()
    assert one(repo, "SELECT count(*) FROM events WHERE kind='environment_changed'") == 1
    overnight(repo, "run", "--no-report")
    assert one(repo, "SELECT count(*) FROM events WHERE kind='environment_changed'") == 1


def test_data_that_changes_during_a_session_is_in_the_record(tmp_path: Path) -> None:
    """Between two trials, before the one that ran on it; the running session warns."""
    data = tmp_path / "data"
    data.write_text("1")
    text = program(*((f"OFFSET = {n}.0", f"OFFSET = {n - 1}.0") for n in (5, 4, 3, 2)), front=f"readable: [{data}]")
    repo = make_repo(tmp_path / "r", text)
    with started((COMMAND, "run", "--tag", "t", "--plain", "--no-report"), repo) as session:
        assert session.stdout is not None
        next(line for line in session.stdout if line.startswith("#1 "))
        data.write_text("2")
        session.stdout.read()
        session.wait()
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM events ORDER BY seq")]
        trials = [
            json.loads(body) for (body,) in db.execute("SELECT body FROM events WHERE kind='trial_finished' ORDER BY seq")
        ]
    db.close()
    assert len({trial["trial"]["surroundings"] for trial in trials}) == 2
    assert kinds.count("environment_changed") == 1
    after = kinds[kinds.index("environment_changed") :]
    assert "trial_finished" in after and "stopped" in after
    assert str(data) in read_json(repo, "status")["cautions"][0]
