"""What a `meta.md` says, parsed: the organisation to improve, where it is tried, and what may change of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from overnight.program.front_matter import Value
from overnight.program.program import Guard, ResearcherSpec

META = "meta.md"  # at the top of a repository
USUAL_RESEARCHERS: list[Value] = [{"role": "tuner", "use": "tuner"}]  # of a program or a charter that names none


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Where organisations are tried: a bundled lab, or a repository with a program of its own."""

    name: str  # of its part of the metric
    lab: str = ""
    family: bool = False  # of labs, one for each number
    instance: int | None = None  # of a family; None: a new one in each block
    folder: str = ""  # of the repository, as written; relative to that of meta.md

    @property
    def fixed(self) -> bool:
        """Whether it is the same in each block, so that an organisation could hold its answer in its text."""
        return not self.family or self.instance is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class InnerBudget:
    """What one inner campaign may spend: the same for both arms."""

    trials: int | None = None
    trial_seconds: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaBudget:
    """What the meta-campaign may spend; None means no limit."""

    campaigns: int | None = None  # inner ones
    hours: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Charter:
    """A whole `meta.md`."""

    path: str
    organisation: str  # the file to improve
    targets: tuple[Target, ...]
    holdout: tuple[Target, ...]  # sealed
    inner: InnerBudget
    allowed: tuple[ResearcherSpec, ...]  # entries of which an organisation may choose
    allowed_raw: tuple[Mapping[str, Value], ...]  # the same as they are written
    error_rate: float
    max_pairs: int
    holdout_pairs: int
    audit_pairs: int  # of the audit that ends an inner campaign
    screening: float  # the part of the inner budget that a campaign has that only screens
    budget: MetaBudget = field(default_factory=MetaBudget)
    guards: tuple[Guard, ...] = ()
    notify: Value | None = None  # as it is written; None: all channels
    researchers: tuple[ResearcherSpec, ...] = ()  # that propose organisations
    raw_researchers: Sequence[Mapping[str, Value]] = ()  # the same as they are written
    body: str = ""
    source: str = ""

    @property
    def all_targets(self) -> tuple[Target, ...]:
        """Public and sealed ones."""
        return (*self.targets, *self.holdout)
