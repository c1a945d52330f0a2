"""What a researcher that runs jobs is given to work with."""

from dataclasses import dataclass
from pathlib import Path

from overnight.jail.job import Limits
from overnight.jail.port import Executor
from overnight.models.port import Models
from overnight.program.program import ResearcherSpec

PATIENCE_S = 600.0  # an agent that does nothing for so long hangs; a long training step prints or writes something


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """One researcher's means."""

    spec: ResearcherSpec
    executor: Executor
    limits: Limits  # of each of its jobs
    scratch: Path  # a folder outside any workspace, for captured output
    slot: int  # of the executor, shared with no trial
    models: Models | None = None  # None: no provider is set up
    patience_s: float = PATIENCE_S
