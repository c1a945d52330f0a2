"""One inner campaign as it is given to a worker, and what came of it: plain values that go over a pipe and into a file."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from enum import StrEnum
from functools import lru_cache
from typing import Self

from pydantic import ConfigDict, TypeAdapter

POSTPONED = "postponed"  # in the place of a result: the campaign was stopped, and goes on later


class Blame(StrEnum):
    """Why an inner campaign came to no value."""

    ORGANISATION = "organisation"  # it cannot work at all: a verdict
    TARGET = "target"  # it cannot be measured: says nothing about the organisation
    MODELS = "models"  # one of its roles has none until a person acts: it goes on after that
    SETUP = "setup"  # the program of one of its roles is missing or fails: the same
    BUDGET = "budget"  # what the meta-campaign may spend was used up by others: it goes on with more
    OURS = "ours"


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerTask:
    """A whole campaign of one organisation on one target."""

    folder: str  # everything of it is in there
    organisation: str  # the text of its program
    path: str  # for messages
    secret: str  # hex; decides the seeds of all its trials
    trials: int | None = None
    trial_seconds: float | None = None  # wall time of its trials, summed
    tokens: int | None = None
    cost_usd: float | None = None
    audit_pairs: int = 8
    sandbox: str = "jail"
    lab: str = ""
    instance: int | None = None
    source: str = ""  # the copy of its repository, if it is no lab
    commit: str = ""  # of it
    payer: str = ""  # key of the job that its calls of models are counted with; empty: a job of its own
    payer_label: str = ""  # for people
    payer_tokens: int | None = None  # the whole budget of that job, which others spend as well
    payer_usd: float | None = None
    fixed: bool = True  # the same in each block, so it keeps its own ideas

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `text` gave."""
        return cls(**json.loads(text))


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerResult:
    """What an inner campaign came to."""

    __pydantic_config__ = ConfigDict(extra="forbid", allow_inf_nan=False, strict=True)

    progress: float | None  # gain of its head over its start in the metric's units, by fresh trials; None: it failed
    failure: str = ""  # why; with a progress: why that could not be audited
    blame: str = ""  # a `Blame`, if there is no progress
    low: float | None = None  # of the audit's interval; None: nothing was kept
    high: float | None = None
    trials: int = 0  # of the campaign, without the audit
    kept: int = 0
    experiments: int = 0
    tokens: int = 0
    cost_usd: float = 0.0
    elapsed_s: float = 0.0
    cpu_s: float = 0.0  # of its own process, without the trials'
    ledger: str = ""  # hash of the newest entry of its record
    by_role: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of each role, see `tallies`
    by_purpose: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of each stage: trials, seconds

    def text(self) -> str:
        """As one line of JSON."""
        return json.dumps(asdict(self))

    @classmethod
    def parse(cls, text: str) -> Self:
        """What `text` gave.

        Raises:
            ValueError: it is no result: a file can be damaged, and a worker can write anything.
        """
        read = _results().validate_json(text)
        if read.blame:
            Blame(read.blame)
        if (read.progress is None) != bool(read.blame):
            raise ValueError("a result has either a progress or somebody to blame")
        if min(read.trials, read.kept, read.experiments, read.tokens, read.cost_usd, read.elapsed_s, read.cpu_s) < 0:
            raise ValueError("a result with a negative amount")
        return cls(**{each.name: getattr(read, each.name) for each in fields(read)})


@lru_cache
def _results() -> TypeAdapter[InnerResult]:
    return TypeAdapter(InnerResult)
