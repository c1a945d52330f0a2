"""The published evidence of one kept change, which only the repository is needed to check, and what a check finds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar

from pydantic import ConfigDict, Field

from overnight.gate.trial import Arm
from overnight.program.program import PROGRAM, Direction, Guard
from overnight.research.findings import Finding

FORMAT = 1
_STRICT = ConfigDict(extra="forbid", allow_inf_nan=False)  # foreign: it comes with a clone
_Count = Annotated[int, Field(ge=0, le=10**9)]
_Share = Annotated[float, Field(gt=0, le=1)]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawPair:
    """Both arms of one confirmation pair as measured; None if a trial had no value."""

    __pydantic_config__: ClassVar[ConfigDict] = _STRICT

    index: int
    seed: int
    first: Arm  # which started first
    baseline: float | None
    candidate: float | None
    guarded: Mapping[str, float] = field(default_factory=dict)  # the candidate's metrics that a guard bounds
    baseline_parts: tuple[float, ...] = ()  # of a metric that is a mean of parts, in their order
    candidate_parts: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """Everything that a keep is based on, except the secret of the seeds and the holdout's answers for each trial."""

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
    file: Annotated[str, Field(max_length=200)] = PROGRAM  # that the program was made from
    metric: str
    direction: Direction
    min_effect: float | None  # as the user set it, in the metric's units
    guards: tuple[Guard, ...] = ()
    parts: tuple[tuple[str, Annotated[float, Field(gt=0)]], ...] = ()  # what the metric is the mean of, and their spreads
    expensive: bool = False  # trials were: the first tests had most of the error budget
    error_rate: _Share  # of the whole campaign
    keeps: _Count  # before this one
    test: _Count | None = None  # place in the error budget; None: a target without noise needs no test
    level: _Share | None = None
    scale: str = "linear"  # of the gains of pairs; or "log"
    margin: float | None = None  # on that scale: the harm to rule out for less code; None: it had to be better
    pairs: tuple[RawPair, ...] = ()
    log_e: float | None = None
    head_values: tuple[float, ...] = ()  # without noise: trials of the head
    values: tuple[float, ...] = ()  # without noise: trials of the candidate
    gain: float | None
    low: float | None = None
    high: float | None = None
    confidence: float
    holdout_gain: float | None = None  # quantised
    verdict_hash: str  # of the verdict in the ledger, so that the ledger's owner cannot change it afterwards


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptReport:
    """What `verify --receipt COMMIT --json` prints."""

    holds: bool  # no finding contradicts it
    receipt: Receipt
    findings: tuple[Finding, ...]
    cautions: tuple[str, ...]  # what a receipt that holds does not show
