"""kill -9 and Ctrl-C at random: no finished inner campaign is lost or run twice, and no process is left."""

import json
import os
import random
import signal
import subprocess
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import inner_campaigns
from inner_campaigns import counting, make_target, task_on
from processes import gone
from targets import COMMAND, git, make_repo, overnight, started

from overnight.git.repository import open_repository
from overnight.meta.noise import Noise, TargetNoise, basis_of
from overnight.meta.preparation import prepare
from overnight.meta.record import RESULT, inner_ledgers
from overnight.meta.trials import name_of
from overnight.meta.wiring import check_folder
from overnight.research.events import Stopped, TrialFinished
from overnight.research.record.ledger import SqliteLedger

KILLS = 5
MARK = "sleep 0.0371"  # identifies the trials of these campaigns among all processes
CAMPAIGNS = 12
RUN = (COMMAND, "meta", "run", "--tag", "meta-t", "--plain", "--no-report", "--sandbox", "process", "--slots", "2")
ORGANISATION = """---
metric: {name: loss, direction: minimize}
measure: python train.py {seed}
editable: [train.py]
researchers: [{role: tuner, use: tuner}]
---
# Make the loss small
"""
CHARTER = f"""---
targets: [../target]
inner: {{trials: 10, audit_pairs: 2}}
allowed_researchers: [{{role: tuner, use: tuner}}]
budget: {{campaigns: {CAMPAIGNS}}}
gate: {{max_pairs: 4}}
researchers:
  - role: script
    use: scripted
    edits: {json.dumps([["program.md", "loss small", f"loss small {n}"] for n in range(8)])}
---
"""


def children(process: int) -> list[int]:
    """The processes that a process started."""
    return [int(child) for child in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_kills_at_any_moment_lose_no_inner_campaign(tmp_path: Path) -> None:
    """After kills of the whole process, or of one worker, all inner campaigns have ended once, each trial of them run once."""
    log, rng = tmp_path / "log", random.Random(20261201)
    target = make_target(tmp_path / "target", measure=f"{MARK} && {counting(log)}")
    tasks = [task_on(target, tmp_path / "inner" / f"{n}" / "target", trials=14, secret=f"{n:064x}") for n in range(4)]
    (tmp_path / "tasks").write_text("\n".join(task.text() for task in tasks))
    command, ended = (inner_campaigns.__file__, str(tmp_path / "tasks")), dict[str, bytes]()
    interrupted = 0
    for kill in range(KILLS + 20):
        with started(command, tmp_path) as session:
            with suppress(subprocess.TimeoutExpired):
                session.wait(timeout=rng.uniform(1.0, 4.0) if kill < KILLS else 60)
            if session.poll() is None and kill % 2:
                for worker in children(session.pid)[:1]:
                    os.kill(worker, signal.SIGKILL)
                with suppress(subprocess.TimeoutExpired):
                    session.wait(timeout=1.0)
            over = session.poll() == 0
            interrupted += not over
        assert all((tmp_path / name).read_bytes() == text for name, text in ended.items()), "an ended one ran again"
        ended = {str(path.relative_to(tmp_path)): path.read_bytes() for path in tmp_path.glob(f"inner/*/*/{RESULT}")}
        if over:
            break
    assert len(ended) == len(tasks) and interrupted
    assert gone(MARK), "a trial outlived its worker"
    recorded = 0
    for record in inner_ledgers(tmp_path):
        with record.ledger() as ledger:
            recorded += sum(entry.event.kind == "trial_finished" for entry in ledger.events())
    ran = len(log.read_text().splitlines())
    assert recorded <= ran <= recorded + 2 * (2 * KILLS + 2), "more ran than was under way at the kills"


def meta_repo(folder: Path, log: Path) -> Path:
    """A repository with a charter, beside its target, whose noise counts as known."""
    target = make_repo(
        folder / "target", ORGANISATION.replace("measure: ", f"measure: {MARK} && echo x >> {log} && "), noise=0.1
    )
    repo = make_repo(folder / "repo", ORGANISATION, files={"meta.md": CHARTER})
    assert git(target, "status", "--porcelain") == ""
    prepared = prepare(open_repository(repo))
    noise = TargetNoise(mean=1.0, spread=0.5, nothing=0.0, campaigns=16, trials=10, elapsed_s=1.0, tokens=0, cost_usd=0.0)
    found = Noise(basis=basis_of(prepared.charter, prepared.text, prepared.sources), targets={"target": noise})
    place = check_folder(prepared.repository)
    place.mkdir(parents=True)
    (place / "noise.json").write_text(found.text())
    return repo


def outer(repo: Path) -> list[TrialFinished]:
    """The trials of the meta-campaign."""
    folder = repo / ".overnight/meta-t"
    if not (folder / "ledger.db").exists():
        return []
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        return [entry.event for entry in ledger.events() if isinstance(entry.event, TrialFinished)]


def test_a_meta_campaign_goes_on_after_kills_and_stops(tmp_path: Path) -> None:
    """Killed, interrupted and stopped, it comes to its budget of inner campaigns exactly, each run once."""
    log, rng = tmp_path / "log", random.Random(20261202)
    repo = meta_repo(tmp_path, log)
    results, trials = dict[str, str](), list[TrialFinished]()
    for turn in range(6):
        with started(RUN, repo, stderr=subprocess.DEVNULL) as session:
            with suppress(subprocess.TimeoutExpired):
                session.wait(timeout=rng.uniform(2.0, 6.0))
            if turn % 3 == 1 and session.poll() is None:
                session.send_signal(signal.SIGINT)
                assert session.wait() in (130, 1, 0)
            elif turn % 3 == 2 and session.poll() is None:
                overnight(repo, "stop", "--tag", "meta-t")
                assert session.wait() in (1, 0)
        folder = repo / ".overnight/meta-t"
        now = {str(path): path.read_text() for path in folder.glob(f"inner/*/*/{RESULT}")}
        assert now.items() >= results.items(), "a finished inner campaign was lost or ran again"
        assert outer(repo)[: len(trials)] == trials, "a finished trial was lost"
        results, trials = now, outer(repo)
    assert gone(MARK), "a trial outlived its session"
    overnight(repo, *RUN[1:])
    trials = outer(repo)
    assert max(Counter(event.trial.key for event in trials).values()) == 1, "a trial ran twice"
    records = {record.trial: record for record in inner_ledgers(repo / ".overnight/meta-t")}
    assert {name_of(event.trial.key) for event in trials} == set(records)
    assert len(records) == CAMPAIGNS
    recorded = 0
    for record in records.values():
        with record.ledger() as ledger:
            events = [entry.event for entry in ledger.events()]
        keys = Counter(event.trial.key for event in events if isinstance(event, TrialFinished))
        assert max(keys.values()) == 1, "a trial of an inner campaign ran twice"
        recorded += len(keys)
        assert any(isinstance(event, Stopped) for event in events)
    assert recorded <= len(log.read_text().splitlines()) <= recorded + 2 * 6
