"""What a session is told about its share of the machine."""

from uuid import uuid4

import pytest

from overnight.errors import SandboxError
from overnight.jail.job import Limits
from overnight.machines.cores import Cores, claimed_cores
from overnight.machines.gpus import found
from overnight.machines.gpus.gpu import NVIDIA, Found, Gpu
from overnight.machines.place import Place
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


@pytest.fixture
def four(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with four GPUs, which nobody else claims."""
    among = uuid4().hex
    gpus = tuple(Gpu(maker=NVIDIA, index=n, uuid=f"{among}{n}", model="T4", memory_bytes=0) for n in range(4))
    monkeypatch.setattr(found, "find_gpus", lambda: Found(gpus=gpus))


def small(gpus: int) -> Limits:
    """Those of a trial that fits anywhere by processors and memory."""
    return Limits(memory_bytes=1, cpus=1, gpus=gpus)


@pytest.mark.usefixtures("four")
def test_slots_have_gpus_of_their_own() -> None:
    """So many as fit by processors, memory and GPUs; each place names its own."""
    with share_of(small(2), 2, alone=False) as both:
        assert both.slots == 2
        assert [place.devices for place in both.places] == [("T4 (GPU 0)", "T4 (GPU 1)"), ("T4 (GPU 2)", "T4 (GPU 3)")]
        assert sorted(both.devices) == [0, 1]
    with share_of(small(4), None, alone=False) as whole:
        assert (whole.slots, len(whole.places)) == (1, 1)
    with pytest.raises(SandboxError, match="--slots 2"), share_of(small(2), 3, alone=False):
        pytest.fail("three were given")


@pytest.mark.usefixtures("four")
def test_timed_trials_have_one_slot_with_its_own_gpu() -> None:
    """Whatever else is there."""
    with share_of(small(1), None, alone=True) as timed:
        assert timed.slots == 1 and [place.devices for place in timed.places] == [("T4 (GPU 0)",)]


@pytest.mark.usefixtures("four")
def test_jobs_beside_the_trials_have_gpus_that_no_trial_has() -> None:
    """Those of slots after the trials', in the order in which they are named."""
    with share_of(small(1), 2, alone=False, others=(0, 2)) as mixed:
        chosen = {slot: dict(devices.variables)["CUDA_VISIBLE_DEVICES"] for slot, devices in mixed.devices.items()}
        assert {slot: [uuid[-1] for uuid in value.split(",")] for slot, value in chosen.items()} == {
            0: ["0"], 1: ["1"], 3: ["3", "2"],
        }  # fmt: skip
    with share_of(small(0), 2, alone=False, others=(1,)) as cpus:
        assert sorted(cpus.devices) == [2] and [place.devices for place in cpus.places] == [(), ()]


def test_nobody_looks_for_gpus_that_nobody_wants(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor for those of trials that claim their own."""
    monkeypatch.setattr(found, "find_gpus", lambda: pytest.fail("looked"))
    with share_of(small(0), 1, alone=False, others=(0,)) as one, share_of(small(1), 1, alone=False, claim=False) as other:
        assert one.places == other.places == [Place(slot=0)]
        assert one.devices == other.devices == {}
