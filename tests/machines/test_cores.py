"""Processors that a session has to itself."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

import pytest

from overnight.machines.cores import Cores, claimed_cores

HOLDER = """
import sys
from overnight.machines.cores import claimed_cores
with claimed_cores(int(sys.argv[1]), among=sys.argv[2]) as cores:
    print(*cores.own, flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def among() -> str:
    """Sessions with their own name, apart from those of other tests."""
    return uuid4().hex


@contextmanager
def another_session(wanted: int, among: str) -> Iterator[tuple[subprocess.Popen[str], set[int]]]:
    """A process that claims processors, and what it got."""
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(wanted), among], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None
        try:
            yield holder, {int(core) for core in holder.stdout.readline().split()}
        finally:
            holder.kill()


def test_two_sessions_share_no_processor(among: str) -> None:
    """One does not get what the other has, and says so; what a killed one had is free again."""
    usable = os.sched_getaffinity(0)
    with another_session(len(usable), among) as (holder, taken):
        with claimed_cores(len(usable), among=among) as cores:
            assert taken == usable
            assert cores.own == ()
            assert f"hold {len(usable)} of the {len(usable)}" in cores.note
        holder.kill()
        holder.wait()
        with claimed_cores(len(usable), among=among) as cores:
            assert set(cores.own) == usable


def test_a_session_gives_back_what_it_had(among: str) -> None:
    """In one process, one after the other; and one that asks for few leaves the others."""
    usable = sorted(os.sched_getaffinity(0))
    with claimed_cores(1, among=among) as first, claimed_cores(1, among=among) as second:
        assert [first.own, second.own] == [tuple(usable[:1]), tuple(usable[1:2])]
    with claimed_cores(1, among=among) as again:
        assert again.own == first.own


@pytest.mark.parametrize(
    ("own", "slots"),
    [((4, 5, 6, 7), [[4, 5], [6, 7]]), ((4, 5), [[4, 5], [4, 5, 6, 7]]), ((), [[4, 5, 6, 7], [4, 5, 6, 7]])],
)
def test_what_slots_are_pinned_to(own: tuple[int, ...], slots: list[list[int]]) -> None:
    """Each slot is pinned to its own share of two; a slot without one uses all of them."""
    cores = Cores(own=own, all=(4, 5, 6, 7), wanted=4)
    assert [list(cores.of_slot(slot, 2)) for slot in range(2)] == slots
    assert bool(cores.note) == (len(own) < 4)
