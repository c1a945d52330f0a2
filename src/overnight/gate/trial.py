"""What was measured: one trial, its seed and place in the experiment, and its value or its failure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.machines.place import Place


class Arm(StrEnum):
    """Which tree a trial ran."""

    BASELINE = "baseline"
    CANDIDATE = "candidate"


class Stage(StrEnum):
    """What a trial is for; trials of one stage never count as evidence in another."""

    BASELINE = "baseline"  # the noise and level of the head
    SEARCH = "search"  # compares what a researcher may propose, before it proposes anything
    SCREEN = "screen"
    CONFIRM = "confirm"
    HOLDOUT = "holdout"
    AUDIT = "audit"


class Fault(StrEnum):
    """Why a trial has no value: through the tree under trial, except for `PREPARE`, and never through our own fault."""

    CHECKS = "checks"  # a checks command failed
    EXIT = "exit"
    LIMIT = "limit"  # wall, memory, disk or output
    METRIC = "metric"  # missing, contradictory, NaN or infinite
    ARTIFACT = "artifact"  # a declared artifact is missing, too large or not a regular file
    GUARD = "guard"
    BEHIND = "behind"  # we ended it at 30 % of its run: not a crash
    PREPARE = "prepare"  # the frozen command that makes the inputs failed: the program's fault, before the tree ran


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialKey:
    """Which trial it is: experiment, stage, arm and index; both arms of one index share the seed.

    Search trials belong to no experiment: theirs is 0, and they are numbered over the whole campaign.
    """

    experiment: int
    stage: Stage
    arm: Arm
    index: int
    restart: int = 0  # how often the experiment's evidence had started again: indices and seeds do so, too
    part: int = 0  # of an audit, that is left out of the head: a part of the experiment's change; 0: all of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """One execution of the measure command on one tree with one seed."""

    key: TrialKey
    seed: int
    tree: str  # digest of the tree that ran
    value: float | None  # of the campaign's metric, in its own units; None: `fault` says why
    metrics: Mapping[str, float] = field(default_factory=dict)  # all that were read, and cpu_s, wall_s, peak_memory_mb
    early: float | None = None  # the value of its curve at 30 % of its run, if the program has one
    curve: tuple[tuple[float, float], ...] = ()  # a few of its points, as shares of the run and values
    fault: Fault | None = None
    reason: str = ""  # for people and researchers, one line, foreign text already made printable
    excerpt: tuple[str, ...] = ()  # lines of the output that say why, printable; empty if the reason says all
    tail: tuple[str, ...] = ()  # last lines that the tree printed, printable; only of trials that researchers are shown
    wall_s: float = 0.0
    cpu_s: float = 0.0
    peak_memory_bytes: int = 0
    tokens: int = 0  # of models that it asked, and what those cost: only a trial that is a whole campaign asks any
    cost_usd: float = 0.0
    surroundings: str = ""  # digest of machine, interpreter, packages, lock files and readable data, as last seen before it
    place: Place | None = None  # None: recorded before places were
    log: str = ""  # SHA-256 of the captured output in the artifact store; empty: not kept
