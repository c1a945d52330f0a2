"""What a session is told about its share of the machine."""

from overnight.jail.job import Limits
from overnight.machines.cores import Cores, claimed_cores
from overnight.machines.share import Share, share_of


def share(*, alone: bool, slots: int = 1, shared: bool = False) -> Share:
    """A share of two processors, of which it got one for each slot."""
    cores = Cores(own=tuple(range(slots)), all=(0, 1), wanted=slots, shared=shared)
    return Share(slots=slots, cpus=1, cores=cores, alone=alone)


def test_timed_trials_side_by_side_are_reported() -> None:
    """They share memory and disk, with each other or with another campaign; others do not care."""
    assert share(alone=True).notes == share(alone=False, slots=2, shared=True).notes == []
    assert "2 timed trials run at once" in share(alone=True, slots=2).notes[0]
    assert "another campaign runs on this machine" in share(alone=True, shared=True).notes[0]


def test_sessions_know_of_each_other_whatever_processors_they_hold() -> None:
    """The second is told; the first began alone. When one ends, its place is free."""
    among = "test-share"
    with claimed_cores(0, among=among) as first, claimed_cores(1, among=among) as second:
        assert (first.shared, second.shared) == (False, True)
    with claimed_cores(1, among="test-share") as later:
        assert not later.shared


def test_a_share_says_what_was_asked() -> None:
    """By default timed trials run alone; slots that are asked for are given, and reported."""
    with share_of(Limits(), 2, alone=True) as both:
        assert both.slots == 2 and any("run at once" in note for note in both.notes)
