"""Eight processes and one day's limit: never more than it and one call, whatever is killed, and nothing is counted twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from spender import AT, CALLERS, MOST_UNKNOWN

from overnight.models.spending.limits import PeriodLimits, SpendingRules
from overnight.models.spending.page import SpendPage, read_page

SPENDER = Path(__file__).parent / "spender.py"
PROCESSES, KILLED = 8, 4
LIMIT = 6000  # tokens; a call has 60 on average
SMALL = 200  # tokens, that may be left when a call is refused whose request is smaller


class Spenders:
    """Processes that spend from one account; at the end of a test none is left."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._all: list[subprocess.Popen[str]] = []

    def start(self, number: int, *hangs: int) -> "subprocess.Popen[str]":
        """A process that spends."""
        arguments = map(str, (self._folder, f"campaign:{number % 4}", LIMIT, number, 40, *hangs))
        self._all.append(subprocess.Popen([sys.executable, str(SPENDER), *arguments], stdout=subprocess.PIPE, text=True))
        return self._all[-1]

    def end(self) -> None:
        """Kill those that a failed test left."""
        for process in self._all:
            process.kill()
            process.wait()
            assert process.stdout is not None
            process.stdout.close()


@pytest.fixture
def spenders(tmp_path: Path) -> Iterator[Spenders]:
    """Processes that share the account of the test's folder."""
    made = Spenders(tmp_path)
    yield made
    made.end()


def billed(process: "subprocess.Popen[str]") -> list[int]:
    """What a process is billed from now on, until it ends."""
    return [int(line) for line in process.communicate()[0].splitlines() if line.isdecimal()]


def shown(folder: Path) -> SpendPage:
    """What the account says."""
    return read_page(folder, SpendingRules(total=PeriodLimits(day_tokens=LIMIT), zone="UTC"), clock=lambda: AT)


def test_together_they_keep_one_limit(tmp_path: Path, spenders: Spenders) -> None:
    """What is billed is never more than the limit and one call; the account says exactly that, to readers meanwhile too."""
    processes, before = [spenders.start(number) for number in range(PROCESSES)], 0
    while any(process.poll() is None for process in processes):
        now = shown(tmp_path).today.tokens
        assert before <= now <= LIMIT + MOST_UNKNOWN
        before = now
    bills = [bill for process in processes for bill in billed(process)]
    page = shown(tmp_path)
    assert {process.returncode for process in processes} == {0}
    assert LIMIT - SMALL <= sum(bills) <= LIMIT + MOST_UNKNOWN
    assert (page.today.tokens, page.today.calls, page.today.unsettled, page.under_way) == (sum(bills), len(bills), 0, 0)


def test_what_a_killed_process_had_under_way_counts_in_full(tmp_path: Path, spenders: Spenders) -> None:
    """However many are killed, no call is lost and none is free; the others go on within what is left, without a restart."""
    bills, killed = list[int](), [spenders.start(number, 1) for number in range(KILLED)]
    for process in killed:
        assert process.stdout is not None
        while (line := process.stdout.readline()) != "hangs\n":
            bills.append(int(line))
    others = [spenders.start(KILLED)]
    assert others[0].stdout is not None
    bills.append(int(others[0].stdout.readline()))
    for number, process in enumerate(killed[1:], KILLED + 1):
        others.append(spenders.start(number))
        os.kill(process.pid, signal.SIGKILL)
    os.kill(killed[0].pid, signal.SIGKILL)
    bills += [bill for process in (*killed, *others) for bill in billed(process)]
    page = shown(tmp_path)
    assert [process.returncode for process in (*killed, *others)] == [-signal.SIGKILL] * KILLED + [0] * KILLED
    assert page.under_way == 0
    assert KILLED <= page.today.unsettled <= CALLERS * KILLED
    assert sum(bills) < page.today.tokens
    assert page.today.calls >= len(bills) + KILLED
    assert LIMIT - SMALL <= page.today.tokens <= LIMIT + MOST_UNKNOWN
