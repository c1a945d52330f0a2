"""The state of the page cache before each trial: counted in pages, never in seconds."""

from pathlib import Path

import pytest
from cached import absent, can_count, drop, make_data

from overnight.research.places import page_cache
from overnight.research.places.page_cache import PageCache


def waited_for() -> None:
    """The caller still waits."""


def given_up() -> None:
    """The caller does not."""
    raise TimeoutError


@pytest.fixture
def data(tmp_path: Path) -> list[Path]:
    """Files of which nothing is in memory."""
    if not can_count(tmp_path):
        pytest.skip("what is read from this disk is not counted")
    made = make_data(tmp_path / "data")
    drop(made)
    return made


def test_all_is_in_memory_before_a_trial(data: list[Path]) -> None:
    """Whatever was dropped, each time."""
    cache = PageCache([str(data[0].parent)], alone=False)
    for files in (data, data[:1], data[3:]):
        drop(files)
        assert absent(files)
        cache.prepare(waited_for)
        assert absent(data) == 0


@pytest.mark.parametrize("limit", ["WARM_BYTES", "MOST_WARM"])
def test_a_timed_trial_on_more_than_fits_finds_none_of_it(
    data: list[Path], limit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same for both arms: nothing is in memory."""
    monkeypatch.setattr(page_cache, limit, len(data) - 1)
    cache = PageCache([str(data[0].parent)], alone=True)
    nothing = absent(data)
    for path in data:
        path.read_bytes()
    assert absent(data) < nothing
    cache.prepare(waited_for)
    assert absent(data) == nothing


def test_else_it_is_left_as_it_is(data: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading terabytes before each trial would cost more than it is worth to a loss, and dropping would slow a neighbour."""
    monkeypatch.setattr(page_cache, "WARM_BYTES", 1)
    data[0].read_bytes()
    before = [absent([path]) for path in data]
    PageCache([str(data[0].parent)], alone=False).prepare(waited_for)
    assert [absent([path]) for path in data] == before


def test_a_machine_short_of_memory_is_not_filled(data: list[Path], monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading more than fits would push out what was read first."""
    monkeypatch.setattr(page_cache, "_available_bytes", lambda: 1000)
    before = absent(data)
    PageCache([str(data[0].parent)], alone=False).prepare(waited_for)
    assert absent(data) == before


def test_it_ends_when_the_trial_is_cancelled(data: list[Path]) -> None:
    """Between two files."""
    before = absent(data)
    with pytest.raises(TimeoutError):
        PageCache([str(data[0].parent)], alone=False).prepare(given_up)
    assert absent(data) == before


def test_odd_entries_are_passed_over(data: list[Path]) -> None:
    """A link, a missing target and a file that is not ours to read disturb nothing."""
    (data[0].parent / "link").symlink_to("/nonexistent")
    (data[0].parent / "loop").symlink_to(data[0].parent)
    cache = PageCache([str(data[0].parent), "/nonexistent"], alone=False)
    cache.prepare(waited_for)
    data[0].unlink()
    drop(data[1:])
    cache.prepare(waited_for)
    assert absent(data[1:]) == 0
