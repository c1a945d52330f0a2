"""Locks among processes, here among descriptors, which the kernel treats alike."""

import os
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

import pytest

from overnight.files.locks import take_lock


@pytest.fixture
def files(tmp_path: Path) -> Iterator[tuple[int, int]]:
    """Two descriptors of one file, as two processes have them."""
    made = (os.open(tmp_path / "lock", os.O_RDWR | os.O_CREAT), os.open(tmp_path / "lock", os.O_RDWR))
    yield made
    for file in made:
        os.close(file)


def test_one_at_a_time_or_any_number_that_only_look(files: tuple[int, int]) -> None:
    """Shared ones go together, and keep out the other kind."""
    mine, yours = files
    assert take_lock(mine, shared=True) and take_lock(yours, shared=True)
    assert not take_lock(mine)
    assert take_lock(yours, shared=True)


def test_who_waits_gets_it_when_it_is_let_go(files: tuple[int, int], tmp_path: Path) -> None:
    """By a descriptor that is closed, as at the end of a process; without waiting it is refused."""
    held = os.open(tmp_path / "lock", os.O_RDWR)
    assert take_lock(held) and not take_lock(files[0])
    closing = Timer(0.02, os.close, [held])
    closing.start()
    assert take_lock(files[0], within_s=60.0)
    closing.join()
    assert not take_lock(files[1], within_s=0.02)
