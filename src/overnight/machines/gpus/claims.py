"""GPUs that one session has to itself, among all sessions on this machine.

Does not cover: other programs, which may use any GPU; what `machines/claims.py` does not cover.
"""

import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from overnight.errors import SandboxError
from overnight.machines.claims import claim
from overnight.machines.gpus.gpu import Found, Gpu, labels
from overnight.words.quantities import counted, size_text

CHOOSING_S = 10.0  # that another session may take to choose; it takes milliseconds
_LOOK_S = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a session wants: groups for its trials, all of one model, and a group for each of some other jobs."""

    each: int  # GPUs of a trial
    most: int  # trials at once
    least: int = 1
    others: Sequence[int] = ()  # GPUs of each


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedGpus:
    """What a session got."""

    groups: Sequence[Sequence[Gpu]] = ()  # one for each trial at once
    others: Sequence[Sequence[Gpu]] = ()
    notes: Sequence[str] = ()


@contextmanager
def claimed_gpus(found: Found, wanted: Wanted, *, among: str = "overnight") -> Iterator[ClaimedGpus]:
    """Claim as many groups as are wanted, or as are free; they are released at the end.

    Raises:
        SandboxError: there are too few for the least that is wanted; the error says who has them.
    """
    with ExitStack() as claims:
        own: dict[Gpu, ExitStack] = {}
        with ExitStack() as choosing:
            _choose(among, choosing)
            for gpu in found.gpus:
                held = claims.enter_context(ExitStack())
                if claim(f"{among}/gpu/{gpu.uuid}", held):
                    own[gpu] = held
            got = _divide(list(own), found, wanted)
            used = {gpu for group in (*got.groups, *got.others) for gpu in group}
            for gpu, held in own.items():
                if gpu not in used:
                    held.close()
        yield got


def _choose(among: str, choosing: ExitStack) -> None:
    """Be the only one who chooses: two at once would each get a part of what one needs whole."""
    until = time.monotonic() + CHOOSING_S
    while not claim(f"{among}/gpus", choosing) and time.monotonic() < until:
        time.sleep(_LOOK_S)


def _divide(free: Sequence[Gpu], found: Found, wanted: Wanted) -> ClaimedGpus:
    """The groups: trials get the machine's most common model, idle ones first; other jobs get what is left, the rest first.

    Raises:
        SandboxError: there are too few.
    """
    usual = Counter(gpu.model for gpu in found.gpus)  # not of those that are free: a later session would get other ones
    ordered = sorted(free, key=lambda gpu: (-usual[gpu.model], gpu.model, gpu.busy, gpu.index))
    others = [tuple(ordered.pop() for _ in range(count)) for count in wanted.others if count <= len(ordered)]
    model = min(usual, key=lambda model: (-usual[model], model), default="")
    alike = [gpu for gpu in ordered if gpu.model == model]
    fit = len(alike) // wanted.each if wanted.each else wanted.most
    if len(others) < len(wanted.others) or fit < wanted.least:
        raise _too_few(free, found, wanted, max(0, fit))
    slots = min(fit, wanted.most)
    groups = [tuple(alike[slot * wanted.each : (slot + 1) * wanted.each]) for slot in range(slots)] if wanted.each else []
    notes = _notes(free, found, slots=slots, wanted=wanted, unlike=[gpu for gpu in ordered if gpu not in alike])
    return ClaimedGpus(groups=groups, others=others, notes=[*notes, *_busy(groups)])


def _notes(free: Sequence[Gpu], found: Found, *, slots: int, wanted: Wanted, unlike: Sequence[Gpu]) -> Sequence[str]:
    """Why fewer trials run at once than could."""
    if slots >= wanted.most:
        return []
    held = [gpu for gpu in found.gpus if gpu not in free]
    return [
        *([f"other campaigns hold {labels(held)}"] if held else []),
        *([f"trials on {labels(unlike)} would measure otherwise: it is left out"] if unlike else []),
        *found.reasons,
    ]


def _busy(groups: Sequence[Sequence[Gpu]]) -> Sequence[str]:
    """Which of the trials' GPUs another program uses."""
    busy = (gpu for group in groups for gpu in group if gpu.busy)
    what = "trials there may be slower, or fail"
    return [f"another program uses {size_text(gpu.used_bytes)} of {gpu.label}: {what}" for gpu in busy]


def _too_few(free: Sequence[Gpu], found: Found, wanted: Wanted, fit: int) -> SandboxError:
    held = [gpu for gpu in found.gpus if gpu not in free]
    needs = [
        *([f"{counted(wanted.least, 'trial')} at once with {counted(wanted.each, 'GPU')} each"] if wanted.each else []),
        *([f"other jobs with {sum(wanted.others)}"] if any(wanted.others) else []),
    ]
    there = f"this machine has {labels(found.gpus)}" if found.gpus else "no GPU can be used here"
    mixed = len({gpu.model for gpu in found.gpus}) > 1
    why = [there, *(["trials need GPUs of one model"] if mixed else [])]
    why += [*([f"other campaigns hold {labels(held)}"] if held else []), *found.reasons]
    if not found.gpus:
        fix = "see `overnight doctor`, or ask for none: `limits: {gpus: 0}`"
    elif held:
        fix = "wait until they end, or name other GPUs in CUDA_VISIBLE_DEVICES"
    elif fit:
        fix = f"use at most `--slots {fit}`"
    else:
        fix = "ask for fewer `gpus` in `limits`"
    return SandboxError(f"too few GPUs for {' and '.join(needs)}: {'; '.join(why)}", fix=fix)
