"""Campaigns that version 0.1.0 recorded before reasons were typed: this version reads, verifies and continues them by name.

`old_ledgers/` holds each as text: the ledger as SQL, the repository as a stream for `git fast-import`, and the output of
the trials. `interrupted` was ended by `overnight stop` with experiment 11 open; `finished` is the same campaign some
sessions later.
"""

import json
import sqlite3
import subprocess
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import pytest
from targets import assert_verified, git, overnight, read_json, recorded

OLD = Path(__file__).with_name("old_ledgers")
NAMED = ("--tag", "t")  # a campaign without a mark of this machine is taken up by name only


def restore(name: str, folder: Path) -> Path:
    """Restore the repository and the ledger of an old campaign as they were."""
    repo = folder / "repo"
    campaign = repo / ".overnight/t"
    campaign.mkdir(parents=True)
    git(repo, "init", "-q")
    stream = (OLD / name / "repository.fast-export").read_bytes()
    subprocess.run(["git", "fast-import", "--quiet"], cwd=repo, input=stream, check=True)
    git(repo, "reset", "-q", "--hard", "main")
    with closing(sqlite3.connect(campaign / "ledger.db")) as database:
        database.executescript((OLD / name / "ledger.sql").read_text())
    (campaign / "lock").touch()
    for output in json.loads((OLD / name / "outputs.json").read_text()):
        digest = sha256(output.encode()).hexdigest()
        path = campaign / "logs" / digest[:2] / digest[2:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(output)
    return repo


@pytest.mark.parametrize("name", ["interrupted", "finished"])
def test_an_old_campaign_is_verified(tmp_path: Path, name: str) -> None:
    """The chain is intact, every event can be read, and each kept change is where the record says."""
    repo = restore(name, tmp_path)
    assert_verified(repo, *NAMED)


def test_why_old_sessions_and_experiments_ended_is_shown(tmp_path: Path) -> None:
    """For the last session, the audit, and the changes discarded because the head had moved."""
    repo = restore("finished", tmp_path)
    log = overnight(repo, "log", *NAMED, check=0).stdout
    assert "another change was kept first; it goes on against the new head" in log
    assert "it conflicts with a change that was kept meanwhile" in log
    assert read_json(repo, "status", *NAMED)["kept"] == 4
    overnight(repo, "report", *NAMED, check=0)
    assert "the head is verified to be beyond the target" in (repo / ".overnight/t/report.md").read_text()


def test_an_old_campaign_goes_on(tmp_path: Path) -> None:
    """Named once, it goes on: the open experiment gets a few more trials, and the chain continues from its last event."""
    repo = restore("interrupted", tmp_path)
    before = recorded(repo)
    refused = overnight(repo, "run", "--no-report", check=2).stderr
    assert "was not begun here" in refused and "name it: --tag t" in refused
    done = overnight(repo, "run", *NAMED, "--slots", "2", "--experiments", "1", "--no-report", check=0)
    assert "taken up because you named it" in done.stderr
    after = recorded(repo)
    assert after[: len(before)] == before
    assert read_json(repo, "show", "11")["experiment"]["conclusion"]["verdict"] == "keep"
    assert_verified(repo)
