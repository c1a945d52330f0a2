"""The published evidence of one kept change: what somebody with nothing but the repository needs to check its verdict."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from overnight.gate.trial import Arm
from overnight.program.program import Direction, Guard

FORMAT = 1
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)  # foreign: it comes with a clone
_Count = Annotated[int, Field(ge=0, le=10**9)]
_Share = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPair:
    """Both arms of one confirmation pair as they were measured; None where a trial had no value."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    index: int
    seed: int
    first: Arm  # which started first
    baseline: float | None
    candidate: float | None
    guarded: Mapping[str, float] = field(default_factory=dict)  # the candidate's metrics that a guard bounds


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Everything that a keep stands on, but the secret of the seeds and what the holdout answered trial by trial."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    format: int = FORMAT
    version: str  # of overnight
    campaign: str
    experiment: int
    sandbox: str
    start: str  # commit of the campaign
    base: str  # commit that the change was measured against
    commit: str
    tree: str  # digest of the proposal: see `research/changes/scope.py`
    program: str  # SHA-256 of program.md, hex
    metric: str
    direction: Direction
    min_effect: float | None  # as the user set it, in the metric's units
    guards: tuple[Guard, ...] = ()
    error_rate: _Share  # of the whole campaign
    keeps: _Count  # before this one
    test: _Count | None = None  # place in the error budget; None: a target without noise needs no test
    level: _Share | None = None
    scale: str = "linear"  # on which the gains of pairs are taken, or "log"
    margin: float | None = None  # on that scale: the harm that less code was to rule out; None: it had to be better
    pairs: tuple[RawPair, ...] = ()
    log_e: float | None = None
    head_values: tuple[float, ...] = ()  # without noise: trials of the head
    values: tuple[float, ...] = ()  # without noise: trials of the candidate
    gain: float | None
    low: float | None = None
    high: float | None = None
    confidence: float
    holdout_gain: float | None = None  # quantised
    verdict_hash: str  # of the verdict in the ledger: which whoever holds the ledger cannot change afterwards
