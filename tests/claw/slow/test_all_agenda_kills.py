"""Schedules under 200 random kills of a process whose clock runs 600 times as fast as ours: none is lost, none comes twice."""

import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import Answered, Fired, ScheduleKind, ScheduleSet
from overnight.claw.folders import claw_folder
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.making import Wishes, make_claw
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address, Kind, Origin

KILLS = 200
RANDOM_S = 0.01, 0.25  # of CPU that a process uses before its kill: it gets as far on a loaded machine
SPEED = 600.0
BEGAN = 1_800_000_000.0
MINUTES = (1, 2, 3, 5, 7, 11, 30, 60)
FORKS = f"""
import os, signal, sys, time, anyio
from pathlib import Path
from overnight.claw.record.record import ClawRecord
from overnight.claw.wiring import make_runner
import overnight.claw.agenda.keeper as keeper
keeper.PASS_S = 0.002
folder, origin = Path(sys.argv[1]), float(sys.argv[2])
clock = lambda: {BEGAN} + (time.time() - origin) * {SPEED}
for line in sys.stdin:
    pid = os.fork()
    if not pid:
        signal.setitimer(signal.ITIMER_PROF, float(line))  # nobody handles it, so it kills at once
        with ClawRecord(folder, clock=clock) as record, record.store.lock():
            anyio.run(make_runner(folder, record, {{}}, say=lambda _: None).run)
    print(os.waitpid(pid, 0)[1], flush=True)
"""  # a process that imports once, and has a child for each line, which lives for so many seconds of CPU


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A claw with schedules of several intervals."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = claw_folder("claw")
    make_claw(made, Wishes(name="claw", zone="UTC"))
    with ClawRecord(made, clock=lambda: BEGAN) as record:
        for minutes in MINUTES:
            text, when = seal(f"every {minutes}"), f"every {minutes} minutes"
            new = ScheduleSet(
                when=when,
                zone="UTC",
                written=int(BEGAN),
                what=ScheduleKind.REMIND,
                text=text.ref,
                to=Address("terminal", "owner"),
                person="owner",
                role=Kind.OWNER,
                origin=Origin.OWNER,
                next=read_rule(when, "UTC", BEGAN).next_after(BEGAN),
            )
            record.append(new, texts=[text])
    yield made


def test_200_random_kills_lose_and_double_no_run(folder: Path) -> None:
    """Every run has its number once and its turn once; each time that passed ran, or is counted as missed by the next run."""
    origin, chance = time.time(), random.Random(25)  # not a secret
    command = [sys.executable, "-c", FORKS, str(folder), str(origin)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as forks:
        assert forks.stdin is not None
        assert forks.stdout is not None
        for _ in range(KILLS):
            forks.stdin.write(f"{chance.uniform(*RANDOM_S)}\n")
            assert int(forks.stdout.readline()) == signal.SIGPROF
    with ClawRecord(folder) as record:
        events = list(record.store.events())
        ended = [entry.event.turn for entry in events if isinstance(entry.event, Answered)]
        runs = [(entry.seq, entry.event) for entry in events if isinstance(entry.event, Fired)]
        assert len(ended) == len(set(ended))
        assert len(runs) > KILLS
        assert {seq for seq, _ in runs} - set(ended) == {seq for seq, _ in runs if not record.is_answered(seq)}
        for number, minutes in enumerate(MINUTES, 1):
            mine = [
                (event, entry.at) for entry in events if isinstance(event := entry.event, Fired) and event.schedule == number
            ]
            assert [event.run for event, _ in mine] == list(range(1, len(mine) + 1))
            before = BEGAN
            for event, at in mine:
                passed = (event.due - before) / (60 * minutes)
                in_time = at - event.due <= 200  # 120, and what the clock gains until the event is written
                assert passed == event.missed + (1 if in_time and event.missed < passed else 0), (event, at)
                before = event.due
