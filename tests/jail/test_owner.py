"""What a killed run left, recognized by its tag."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.jail.owner import owner_is_dead, owner_tag, sweep_processes


def dead_tag() -> str:
    """The tag of a process that had our pid before us."""
    name, space, pid, start = owner_tag().split("-")
    return f"{name}-{space}-{pid}-{int(start) + 1}"


@contextmanager
def waiting(program: str, tag: str) -> Iterator["subprocess.Popen[bytes]"]:
    """A waiting process of this name, with a tag among its arguments."""
    argv = [program, "-c", "read line; exit 5", tag]
    with subprocess.Popen(argv, executable="/bin/sh", stdin=subprocess.PIPE) as process:
        yield process


def test_a_living_owner_is_distinguished_from_a_dead_one() -> None:
    """A tag identifies a process forever: a later process with the same pid has another tag."""
    name, space, pid, _ = owner_tag().split("-")
    assert not owner_is_dead(owner_tag())
    assert owner_is_dead(dead_tag())
    assert not owner_is_dead(f"{name}-{int(space) + 1}-{pid}-0")  # another pid namespace: who knows
    assert not owner_is_dead("somebody-1-2-3")


def test_only_the_dead_owners_processes_are_ended(tmp_path: Path) -> None:
    """A process of the program is ended if its owner is dead; one of another program, or with a live owner, stays."""
    program = f"{tmp_path}/bwrap"
    with waiting(program, dead_tag()) as left, waiting(program, owner_tag()) as live, waiting("other", dead_tag()) as other:
        sweep_processes(program)
        assert left.wait() == -9
        for spared in (live, other):
            spared.communicate(b"\n")
            assert spared.returncode == 5
