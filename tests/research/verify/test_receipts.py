"""`overnight verify --receipt`: published evidence, checked in a clone without the campaign's folder."""

import json
from pathlib import Path

import pytest
from damage import NOTES, ended_campaign, one
from targets import git, make_repo, overnight, program, read_json

from overnight.git.repository import open_repository
from overnight.research.verify.receipts import examine_receipt


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy campaign with two keeps."""
    return ended_campaign(tmp_path_factory.mktemp("verify"))


@pytest.fixture
def clone(ended: Path, tmp_path: Path) -> Path:
    """What a stranger has: a clone with the notes, but without the campaign's folder."""
    git(tmp_path, "clone", "-q", str(ended), "clone")
    git(tmp_path / "clone", "fetch", "-q", "origin", f"{NOTES}:{NOTES}")
    assert not (tmp_path / "clone/.overnight").exists()
    return tmp_path / "clone"


def test_a_stranger_checks_a_receipt(clone: Path) -> None:
    """With the repository alone, E is computed again and the verdict is shown; nothing is written there."""
    for commit in ("origin/autoresearch/t", "origin/autoresearch/t^"):
        printed = overnight(clone, "verify", "--receipt", commit, check=0).stdout
        assert "yes: by these values loss is better" in printed and "FAIL" not in printed
        assert "E = " in printed and "needed" in printed
    assert read_json(clone, "verify", "--receipt", "origin/autoresearch/t")["holds"] is True
    assert not (clone / ".overnight").exists()


def test_the_secret_is_not_published(ended: Path) -> None:
    """Nothing under the notes' ref holds the secret that seeds come from."""
    secret = json.loads(one(ended, "SELECT body FROM events WHERE seq=1"))["secret"]
    published = git(ended, "log", "-p", NOTES)
    assert "log_e" in published and secret not in published


def test_a_commit_without_a_receipt_comes_with_the_fix(clone: Path) -> None:
    """How to fetch receipts; a name that is not a commit is reported."""
    git(clone, "update-ref", "-d", NOTES)
    assert f"git fetch origin {NOTES}:{NOTES}" in overnight(clone, "verify", "--receipt", "HEAD", check=2).stderr
    assert "no commit" in overnight(clone, "verify", "--receipt", "nothing", check=2).stderr


@pytest.mark.parametrize(
    ("field", "value", "shows"),
    [
        ("direction", "maximize", "program"),
        ("error_rate", 0.9, "program"),
        ("guards", [], "program"),
        ("tree", "0" * 64, "change"),
        ("keeps", 0, "chain"),
        ("keeps", 2, "chain"),
        ("start", "0" * 40, "chain"),
        ("commit", "0" * 40, "commit"),
        ("base", "0" * 40, "commit"),
        ("log_e", 99.0, "evidence"),
        ("level", 0.4, "level"),
    ],
)
def test_a_forged_receipt_does_not_hold(clone: Path, field: str, value: object, shows: str) -> None:
    """What a receipt says about commit, change, chain and program is compared with the repository."""
    note = json.loads(git(clone, "notes", "--ref", "overnight", "show", "origin/autoresearch/t"))
    assert field in note
    git(clone, "notes", "--ref", "overnight", "add", "-f", "-m", json.dumps(note | {field: value}), "origin/autoresearch/t")
    found = examine_receipt(open_repository(clone), "origin/autoresearch/t")
    assert shows in [finding.what for finding in found.findings if finding.holds is False] and not found.holds


def test_a_finalized_commit_leads_to_its_receipt(ended: Path, clone: Path) -> None:
    """The trailer names the measured commit, whose files, before and after, have to be the same."""
    overnight(ended, "finalize", "--tag", "t", "--into", "review", "--include-unread", check=0)
    git(clone, "fetch", "-q", "origin", "review:review")
    for commit in ("review", "review^"):
        printed = overnight(clone, "verify", "--receipt", commit, check=0).stdout
        assert "ok    finalized" in printed and "yes: by these values" in printed
    body = git(clone, "log", "-1", "--format=%B", "review")
    for tree, parent in (("review^", "review^"), ("review", "review"), ("review", "origin/main")):
        forged = git(clone, "commit-tree", f"{tree}^{{tree}}", "-p", parent, "-m", body)
        assert "FAIL  finalized" in overnight(clone, "verify", "--receipt", forged, check=1).stdout
    lost = git(clone, "commit-tree", "review^{tree}", "-p", "review^", "-m", "x\n\nOvernight-Attempt: " + "ab" * 20)
    assert "fetch the measured commits" in overnight(clone, "verify", "--receipt", lost, check=2).stderr


def test_what_a_receipt_does_not_show_is_said(clone: Path) -> None:
    """A candidate in its own process can print any number, also for the receipt."""
    assert (
        "WARNING: values come from the candidate's own process"
        in overnight(clone, "verify", "--receipt", "origin/autoresearch/t", check=0).stdout
    )
    found = read_json(clone, "verify", "--receipt", "origin/autoresearch/t")
    assert [line[:11] for line in found["cautions"]] == ["values come"]


def test_a_receipt_moved_to_another_commit_does_not_hold(clone: Path) -> None:
    """The evidence of one change says nothing about another."""
    git(clone, "notes", "--ref", "overnight", "copy", "-f", "origin/autoresearch/t", "origin/main")
    done = overnight(clone, "verify", "--receipt", "origin/main", check=1)
    assert "FAIL  commit" in done.stdout and "no: the receipt does not support its verdict" in done.stdout


@pytest.mark.usefixtures("undrawn")
def test_a_campaign_without_a_jail_always_says_so(tmp_path: Path) -> None:
    """The warning is on every start, in status, report and receipt, also after later sessions in the jail."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    done = overnight(repo, "run", "--tag", "t", "--no-report", "--sandbox", "process", "--experiments", "1", check=0)
    assert "WARNING: candidates run without a jail" in done.stderr
    done = overnight(repo, "run", check=1)
    assert "WARNING: candidates ran without a jail in 1 session" in done.stderr
    assert "WARNING   candidates ran without a jail" in overnight(repo, "status", check=0).stdout
    assert "without a jail" in (repo / ".overnight/t/report.md").read_text()
    assert "without a jail" in (repo / ".overnight/t/report.html").read_text()
    printed = overnight(repo, "verify", "--receipt", "autoresearch/t", check=0).stdout
    assert "WARNING: candidates ran without a jail" in printed
    assert "WARNING" in overnight(repo, "check", "--sandbox", "process", check=0).stderr
