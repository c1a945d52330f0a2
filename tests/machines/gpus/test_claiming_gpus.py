"""GPUs that a session has to itself, in groups for its trials and for other jobs."""

import subprocess
import sys
import threading
from collections.abc import Sequence
from dataclasses import replace
from uuid import uuid4

import pytest
from gpu_stand_ins import A100, T4

from overnight.errors import SandboxError
from overnight.machines.gpus import claims as room
from overnight.machines.gpus.claims import ClaimedGpus, Wanted, claimed_gpus
from overnight.machines.gpus.gpu import NVIDIA, Found, Gpu

HOLDER = """
import sys
from overnight.machines.gpus.claims import Wanted, claimed_gpus
from overnight.machines.gpus.gpu import Found
from overnight.machines.gpus.gpu import NVIDIA, Gpu
among, *uuids = sys.argv[1:]
gpus = tuple(Gpu(maker=NVIDIA, index=0, uuid=uuid, model="T4", memory_bytes=0) for uuid in uuids)
with claimed_gpus(Found(gpus=gpus), Wanted(each=1, most=len(gpus)), among=among):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def among() -> str:
    """Sessions with their own name, apart from those of other tests."""
    return uuid4().hex


def machine(*models: str, reasons: tuple[str, ...] = ()) -> Found:
    """A machine with GPUs of these models."""
    named = enumerate(models)
    return Found(
        gpus=tuple(Gpu(maker=NVIDIA, index=index, uuid=f"g{index}", model=model, memory_bytes=0) for index, model in named),
        reasons=reasons,
    )


def indices(groups: Sequence[Sequence[Gpu]]) -> list[list[int]]:
    return [[gpu.index for gpu in group] for group in groups]


@pytest.mark.parametrize(
    ("models", "wanted", "groups", "others"),
    [
        ((A100,) * 4, Wanted(each=1, most=8), [[0], [1], [2], [3]], []),
        ((A100,) * 4, Wanted(each=1, most=2), [[0], [1]], []),
        ((A100,) * 5, Wanted(each=2, most=8), [[0, 1], [2, 3]], []),
        ((A100,) * 4, Wanted(each=1, most=8, others=(1,)), [[0], [1], [2]], [[3]]),
        ((A100,) * 4, Wanted(each=1, most=8, others=(0, 2)), [[0], [1]], [[], [3, 2]]),
        ((T4, A100, A100), Wanted(each=1, most=8), [[1], [2]], []),
        ((T4, A100, A100), Wanted(each=1, most=8, others=(1,)), [[1], [2]], [[0]]),
        ((T4, A100), Wanted(each=0, most=8, others=(1,)), [], [[0]]),
    ],
)
def test_trials_get_groups_of_one_model(
    among: str, models: tuple[str, ...], wanted: Wanted, groups: list[list[int]], others: list[list[int]]
) -> None:
    """The most common one, as values of another would differ; other jobs get the rest first."""
    with claimed_gpus(machine(*models), wanted, among=among) as claimed:
        assert (indices(claimed.groups), indices(claimed.others)) == (groups, others)


def test_two_sessions_share_no_gpu(among: str) -> None:
    """The second gets what is left and says who has the rest; what a killed one had is free again."""
    found, most = machine(T4, T4, T4), Wanted(each=1, most=3)
    with subprocess.Popen([sys.executable, "-c", HOLDER, among, "g0", "g2"], stdin=-1, stdout=-1, text=True) as holder:
        assert holder.stdout is not None and holder.stdout.readline() == "held\n"
        with claimed_gpus(found, most, among=among) as claimed:
            assert indices(claimed.groups) == [[1]]
            assert claimed.notes == ["other campaigns hold Tesla T4 (GPU 0), Tesla T4 (GPU 2)"]
            with pytest.raises(SandboxError, match=r"1 trial at once with 1 GPU each.*other campaigns hold .*wait until"):
                claim_nothing(found, most, among)
        holder.kill()
        holder.wait()
        with claimed_gpus(found, most, among=among) as claimed:
            assert indices(claimed.groups) == [[0], [1], [2]]


def claim_nothing(found: Found, wanted: Wanted, among: str) -> None:
    with claimed_gpus(found, wanted, among=among):
        pytest.fail("something was claimed")


def test_what_is_not_used_is_left_to_others(among: str) -> None:
    """A group is claimed whole or not at all."""
    found = machine(T4, T4, T4)
    with claimed_gpus(found, Wanted(each=2, most=3), among=among) as first:
        assert indices(first.groups) == [[0, 1]]
        with claimed_gpus(found, Wanted(each=1, most=3), among=among) as second:
            assert indices(second.groups) == [[2]]


def test_sessions_that_begin_at_once_do_not_split_what_each_needs_whole(among: str) -> None:
    """Each of many gets its two GPUs, or hears that others have them."""
    found, wanted = machine(*[T4] * 4), Wanted(each=2, most=1)
    begin, end = threading.Barrier(6), threading.Barrier(6)
    got: list[ClaimedGpus | SandboxError] = []

    def session() -> None:
        begin.wait()
        try:
            with claimed_gpus(found, wanted, among=among) as claimed:
                got.append(claimed)
                end.wait()
        except SandboxError as error:
            got.append(error)
            end.wait()

    threads = [threading.Thread(target=session) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    held = [gpu.index for each in got if isinstance(each, ClaimedGpus) for group in each.groups for gpu in group]
    assert sorted(held) == [0, 1, 2, 3]


def test_a_session_that_never_ends_its_choice_holds_nobody_up(among: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Such as one that was stopped at that moment."""
    from contextlib import ExitStack

    from overnight.machines.claims import claim

    monkeypatch.setattr(room, "CHOOSING_S", 0.05)
    with ExitStack() as held:
        assert claim(f"{among}/gpus", held)
        with claimed_gpus(machine(T4), Wanted(each=1, most=1), among=among) as claimed:
            assert indices(claimed.groups) == [[0]]


@pytest.mark.parametrize(
    ("found", "wanted", "said"),
    [
        (
            machine(reasons=("nvidia-smi is not on PATH",)),
            Wanted(each=1, most=1),
            r"no GPU can be used here; nvidia-smi is",
        ),
        (
            machine(T4),
            Wanted(each=1, most=4, least=2),
            r"2 trials at once with 1 GPU each: this machine has T.*--slots 1",
        ),
        (machine(T4), Wanted(each=2, most=4), r"1 trial at once with 2 GPUs each: .*ask for fewer `gpus`"),
        (machine(T4), Wanted(each=1, most=4, others=(1,)), r"1 GPU each and other jobs with 1: .*ask for fewer `gpus`"),
        (machine(T4), Wanted(each=0, most=4, others=(2,)), r"too few GPUs for other jobs with 2: "),
        (machine(T4, A100), Wanted(each=2, most=4), r"Tesla T4 \(GPU 0\), NVIDIA .* \(GPU 1\); trials need GPUs of one model"),
    ],
)
def test_too_few_is_an_error_with_its_fix(among: str, found: Found, wanted: Wanted, said: str) -> None:
    """What is wanted, what is there, and what can be done."""
    with pytest.raises(SandboxError, match=said):
        claim_nothing(found, wanted, among)


def test_what_is_left_out_is_noted_if_it_is_missed(among: str) -> None:
    """A GPU of another model, or one that cannot be used; not if nobody wants it."""
    found = machine(T4, A100, A100, reasons=("GPU 3 is split into MIG devices, which cannot be used",))
    with claimed_gpus(found, Wanted(each=1, most=8), among=among) as claimed:
        assert claimed.notes == ["trials on Tesla T4 (GPU 0) would measure otherwise: it is left out", *found.reasons]
    with claimed_gpus(found, Wanted(each=1, most=2), among=among) as claimed:
        assert claimed.notes == []


def test_a_gpu_that_another_program_uses_comes_last_and_is_noted(among: str) -> None:
    """A notebook, for example, that nobody ended; a little is the driver's own."""
    usual = machine(T4, T4).gpus
    found = Found(gpus=(replace(usual[0], used_bytes=5 * 1000**3), replace(usual[1], used_bytes=200 * 1024**2)))
    with claimed_gpus(found, Wanted(each=1, most=2), among=among) as claimed:
        assert claimed.notes == ["another program uses 5 GB of Tesla T4 (GPU 0): trials there may be slower, or fail"]
    with claimed_gpus(found, Wanted(each=1, most=1), among=among) as claimed:
        assert (indices(claimed.groups), claimed.notes) == ([[1]], [])


def test_the_model_of_trials_does_not_depend_on_what_others_hold(among: str) -> None:
    """A campaign that goes on later must not go on with another one."""
    found = machine(T4, A100, A100)
    with claimed_gpus(found, Wanted(each=2, most=1), among=among) as first:
        assert indices(first.groups) == [[1, 2]]
        with pytest.raises(SandboxError, match=r"trials need GPUs of one model; other campaigns hold"):
            claim_nothing(found, Wanted(each=1, most=1), among)
