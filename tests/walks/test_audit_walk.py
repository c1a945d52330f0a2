"""`overnight audit` on a real campaign: real jail, git and ledger."""

import signal
from collections import Counter
from pathlib import Path

import pytest
from targets import COMMAND, assert_verified, git, make_repo, overnight, program, read_json, recorded, started

from overnight.gate.trial import Stage
from overnight.research.events import AuditConcluded, AuditOpened, Registered, TrialFinished

TRAIN = """\
SECOND = 1.0
THIRD = 1.0
STALE = 1.0

stale = STALE if SECOND == 1.0 else 0.0
print(f"METRIC loss={SECOND + THIRD + stale:.9f}")
"""
EDITS = (
    ("STALE = 1.0", "STALE = 0.2"),  # useless once the next one is kept
    ("SECOND = 1.0", "SECOND = 0.5"),
    ("THIRD = 1.0", "THIRD = 0.6"),
    ("THIRD = 0.6", "THIRD = 0.1"),  # the one before cannot be left out by itself
)


@pytest.fixture(scope="module")
def campaign(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign that kept four changes, one of which the second made useless."""
    repo = make_repo(tmp_path_factory.mktemp("audit") / "repo", program(*EDITS), files={"train.py": TRAIN})
    overnight(repo, "run", "--tag", "t", "--slots", "1", "--no-report", check=0)  # one after the other
    return repo


def audit_trials(repo: Path) -> list[TrialFinished]:
    return [e for e in recorded(repo) if isinstance(e, TrialFinished) and e.trial.key.stage is Stage.AUDIT]


@pytest.mark.usefixtures("undrawn")
def test_an_audit_is_killed_interrupted_and_goes_on_to_its_end(campaign: Path) -> None:
    """No finished trial runs twice; total, standings and report are correct; everything else is unchanged."""
    before = read_json(campaign, "status")
    checkout = git(campaign, "status", "--porcelain"), git(campaign, "rev-parse", "HEAD")
    for number, send in enumerate((signal.SIGKILL, signal.SIGINT), start=1):
        with started((COMMAND, "audit", "--pairs", "6", "--plain", "--no-report"), campaign) as session:
            assert session.stdout is not None
            for line in session.stdout:
                if "audit trial" in line and len(audit_trials(campaign)) >= 5 * number:
                    session.send_signal(send)
                    break
            rest = session.stdout.read()
            code = session.wait()
        assert code == (-signal.SIGKILL if send is signal.SIGKILL else 130), rest
    assert "`overnight audit` continues it" in rest
    assert recorded(campaign)[-1].kind == "stopped"
    half = audit_trials(campaign)

    found = read_json(campaign, "audit")
    assert "## Audit" in (campaign / ".overnight/t/report.md").read_text()
    assert found["finished"] and found["audit"] == 1
    assert audit_trials(campaign)[: len(half)] == half
    keys = Counter(event.trial.key for event in audit_trials(campaign))
    assert max(keys.values()) == 1
    events = recorded(campaign)
    assert sum(isinstance(event, AuditOpened) for event in events) == sum(isinstance(event, AuditConcluded) for event in events)

    total = found["total"]
    assert total["pairs"] == 6 and total["gain"] == pytest.approx(1.0 + 0.5 + 0.9)
    standing = {change["number"]: change["standing"] for change in found["changes"]}
    assert standing == {1: "can go", 2: "helps", 3: "conflict", 4: "helps"}
    assert "#4" in next(change for change in found["changes"] if change["number"] == 3)["reason"]

    after = read_json(campaign, "status")
    assert (after["head"], after["tests"], after["kept"], after["sigma"]) == (
        before["head"],
        before["tests"],
        before["kept"],
        before["sigma"],
    )
    assert sum(isinstance(event, Registered) for event in events) == before["tests"]
    assert (git(campaign, "status", "--porcelain"), git(campaign, "rev-parse", "HEAD")) == checkout
    assert_verified(campaign)


def test_audit_seeds_are_fresh_and_shared_within_a_block(campaign: Path) -> None:
    """Trees with the same index share a seed that no other trial of the campaign has; another audit draws new seeds."""
    done = overnight(campaign, "audit", "--pairs", "2", "--no-leave-one-out", "--no-report", check=0)
    assert "better, without noise" in done.stdout
    events = [event.trial for event in recorded(campaign) if isinstance(event, TrialFinished)]
    seeds = {index: {t.seed for t in events if t.key.stage is Stage.AUDIT and t.key.index == index} for index in range(4)}
    assert all(len(each) == 1 for each in seeds.values())
    audits = {t.seed for t in events if t.key.stage is Stage.AUDIT}
    assert len(audits) == len({t.key.index for t in events if t.key.stage is Stage.AUDIT})
    assert not audits & {t.seed for t in events if t.key.stage is not Stage.AUDIT}


def test_nothing_kept_is_nothing_to_audit(tmp_path: Path) -> None:
    """Without a kept change: exit code 1 and a sentence; without a campaign: the user's mistake."""
    repo = make_repo(tmp_path / "repo", program(("OFFSET = 5.0", "OFFSET = 9.0")))
    assert "no campaign" in overnight(repo, "audit", check=2).stderr
    overnight(repo, "run", "--no-report", check=1)
    assert "nothing was kept" in overnight(repo, "audit", check=1).stdout
    assert '"audit": 0' in overnight(repo, "audit", "--json", check=1).stdout


def test_a_head_that_fails_its_checks_without_a_change_is_needed(tmp_path: Path) -> None:
    """Checks run on each head without one change; a head that fails them is not measured."""
    files = {"train.py": "BASE = 5.0\n\n\n\nREADY = 5.0\n\n\n\nprint(f'METRIC loss={BASE + READY}')\n"}
    between = "\n\n\n\n"
    edits = (("READY = 5.0", "READY = 4.0"), (f"BASE = 5.0{between}READY = 4.0", f"BASE = 4.0{between}READY = 4.0"))
    check = "checks: [\"grep -q 'READY = 4.0' train.py || grep -q 'BASE = 5.0' train.py\"]"
    repo = make_repo(tmp_path / "repo", program(*edits, front=check, measure="python train.py"), files=files)
    overnight(repo, "run", "--slots", "1", "--no-report", check=0)
    found = read_json(repo, "audit", "--no-report")
    assert [change["standing"] for change in found["changes"]] == ["needed", "helps"]
    assert "check" in found["changes"][0]["reason"]
    assert found["total"]["low"] == found["total"]["high"] == 2.0
