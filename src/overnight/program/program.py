"""What a `program.md` says, parsed: metric, commands, boundaries, limits, budget and roles."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.agents.context import AgentSpec
from overnight.jail.job import Limits
from overnight.notices.notice import NotifySpec

PATIENCE_S = 1800.0  # with which a researcher is asked though nothing new comes from it
PROGRAM = "program.md"  # at the top of a repository
OUTSIDE = frozenset(("cpu_s", "wall_s", "peak_memory_mb"))  # metrics that are measured without any output
SPLIT = "{split}"  # in `prepare`: public, holdout or audit
CAMPAIGNS = "overnight meta"  # `measure` of a program whose trials are whole campaigns of what it edits; never run
PUBLIC = "public"  # the split of a trial that is not sealed
_TIME = re.compile(
    r"(^|_)(s|sec|secs|seconds|ms|millis|milliseconds|us|microseconds|ns|nanoseconds|time|runtime|duration|latency|p\d\d|elapsed|wall|cpu)(_|$)"
    r"|_per_s(ec(ond)?)?$|throughput|latency|runtime",
    re.IGNORECASE,
)
DIRECTOR, CRITIC = ADVISERS = ("director", "critic")  # roles that answer in words instead of proposing changes
WITHOUT_MODELS = frozenset(("tuner", "mutator", "scripted"))  # `use` of researchers that read no text and ask no model


class Direction(StrEnum):
    """Which way a metric improves."""

    MINIMIZE = "minimize"
    MAXIMIZE = "maximize"


class Take(StrEnum):
    """Which value counts of a metric that a trial prints again and again."""

    LAST = "last"
    FIRST = "first"
    MIN = "min"
    MAX = "max"
    GEOMEAN = "geomean"  # the geometric mean of all


class TimeUnit(StrEnum):
    """In which unit a time is read that a tool prints in ns or ms, as fits its size."""

    NS = "ns"
    US = "us"
    MS = "ms"
    S = "s"


class Noise(StrEnum):
    """How trials of one tree differ; `AUTO` is determined from the baseline trials."""

    AUTO = "auto"
    DETERMINISTIC = "deterministic"
    GAUSSIAN = "gaussian"
    HEAVY = "heavy"
    TIMING = "timing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """The number that a campaign improves, and where it is read from.

    Without `pattern` and `result` it is read from the lines `METRIC name=value` and `name: value` of the output. Without
    `take` all of its values in one output must be the same.
    """

    name: str
    direction: Direction
    min_effect: float | None = None  # in units of the metric; None: a fifth of the noise
    pattern: str | None = None  # a regex with one group
    result: str | None = None  # a JSON file in the work folder
    curve: str | None = None  # a regex with the groups steps done, total steps, value; or percent done, value
    take: Take | None = None
    values: int | None = None  # that one output must have, if all of them count
    unit: TimeUnit | None = None  # None: the pattern's group is a plain number
    parts: tuple[tuple[str, float], ...] = ()  # metrics that it is the mean of, each divided by its spread
    sealed_parts: tuple[tuple[str, float], ...] = ()  # the same of the holdout

    def spreads(self, *, sealed: bool = False) -> Mapping[str, float]:
        """The spread of each part, in public or on the holdout: the sd of the difference of two equal trees in a pair."""
        return dict(self.sealed_parts or self.parts if sealed else self.parts)

    def gain(self, baseline: float, candidate: float) -> float:
        """How much better `candidate` is than `baseline`; positive is better whatever the direction."""
        return baseline - candidate if self.direction is Direction.MINIMIZE else candidate - baseline


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """A bound on another metric: `metric op bound`, with op one of <=, >=, <, >."""

    metric: str
    op: str
    bound: float

    def holds(self, value: float) -> bool:
        """Whether `value` is within the bound."""
        match self.op:
            case "<=":
                return value <= self.bound
            case ">=":
                return value >= self.bound
            case "<":
                return value < self.bound
            case _:
                return value > self.bound

    def __str__(self) -> str:
        return f"{self.metric} {self.op} {self.bound:g}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Budget:
    """What a campaign may spend; None means no limit."""

    experiments: int | None = None
    trials: int | None = None
    hours: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateSettings:
    """How sure a keep must be."""

    error_rate: float = 0.10  # share of keeps without a gain on the public measure, over the whole campaign (FDR)
    noise: Noise = Noise.AUTO
    max_pairs: int = 60
    holdout_pairs: int = 5
    keep_simpler: bool = False  # keep less code that is proven not to be worse by `min_effect`
    expensive: bool = False  # a trial costs so much that only a few proposals are tested, all of them in pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class ResearcherSpec:
    """One entry of `researchers`: a role of the organisation and what plays it."""

    role: str
    use: str
    command: str | None = None
    template: str = ""  # of a ready command, see agents/templates.py
    model: str = ""  # empty: that of the template or the provider
    edit_form: str = ""  # that an editor asks for; empty: its default
    limits: Limits | None = None  # of its own jobs; None: the program's, with more time
    count: int = 1
    patience_s: float = PATIENCE_S  # how long it is asked though nothing new comes from it
    edits: tuple[tuple[str, str, str], ...] = ()  # scripted: (path, old text, new text), one proposal each
    edits_file: str = ""  # scripted: the committed file that has them instead, one in JSON on each line

    @property
    def agent(self) -> AgentSpec:
        """The agent that plays it."""
        return AgentSpec(use=self.use, command=self.command, template=self.template, model=self.model, edit_form=self.edit_form)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A whole `program.md`: either `measure`, or `produce` and `score`, is set; `prepare` and `inputs` only with the latter."""

    path: str
    metric: Metric
    editable: tuple[str, ...]
    measure: str | None = None
    produce: str | None = None
    score: str | None = None
    artifacts: tuple[str, ...] = ()  # files that go from produce to score
    prepare: str | None = None
    inputs: tuple[str, ...] = ()  # files that go from prepare to produce and to score
    judge_may_change: str = ""  # why proposals may change what judges them; empty: they may not
    hidden: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    guards: tuple[Guard, ...] = ()
    holdout: str | None = None
    audit: str | None = None  # the command of audits; None: that of every other trial
    readable: tuple[str, ...] = ()  # host paths that jobs may read; relative ones are below the top of the checkout
    env: tuple[tuple[str, str], ...] = ()  # variables of every command
    limits: Limits = field(default_factory=Limits)
    budget: Budget = field(default_factory=Budget)
    gate: GateSettings = field(default_factory=GateSettings)
    target: float | None = None
    notify: tuple[NotifySpec, ...] = ()  # empty: all channels of the user's settings
    researchers: tuple[ResearcherSpec, ...] = (ResearcherSpec(role="tuner", use="tuner"),)
    body: str = ""  # the Markdown below the front matter
    source: str = ""  # the whole file
    digest: str = ""  # SHA-256 of `source`, hex

    @property
    def one_process(self) -> bool:
        """Whether the candidate runs in the process that prints its value, and so can print any."""
        return self.measure is not None and not self.of_campaigns

    @property
    def of_campaigns(self) -> bool:
        """Whether a trial is a whole campaign of what is edited, a research organisation."""
        return self.measure == CAMPAIGNS

    @property
    def command(self) -> str:
        """What the commands begin with that check, run and audit such a campaign."""
        return CAMPAIGNS if self.of_campaigns else "overnight"

    @property
    def commands_by_key(self) -> tuple[tuple[str, str], ...]:
        """All commands that it runs, each with its key."""
        keys = ("measure", "produce", "score", "prepare", "holdout", "audit")
        alone = ((key, command) for key in keys if (command := getattr(self, key)))
        return (*alone, *(("checks", command) for command in self.checks))

    @property
    def commands(self) -> tuple[str, ...]:
        """All commands that it runs."""
        return tuple(command for _, command in self.commands_by_key)

    @property
    def splits(self) -> bool:
        """Whether `prepare` also makes sealed inputs, so that sealed trials run the candidate again."""
        return SPLIT in (self.prepare or "")

    @property
    def measures_time(self) -> bool:
        """Whether `noise` or the name of the metric says that time is measured; trials then run alone."""
        return self.gate.noise is Noise.TIMING or (self.gate.noise is Noise.AUTO and names_time(self.metric.name))

    @property
    def takes_seed(self) -> bool:
        """Whether the command that runs the candidate names the trial's seed."""
        return names_seed(self.measure or self.produce)

    @property
    def seeded(self) -> bool:
        """Whether a trial's seed decides what is measured, through the command that runs the candidate or its inputs."""
        return self.takes_seed or names_seed(self.prepare) or self.of_campaigns


def names_seed(command: str | None) -> bool:
    """Whether a command takes the trial's seed."""
    return command is not None and ("{seed}" in command or "OVERNIGHT_SEED" in command)


def names_time(metric: str) -> bool:
    """Whether the name of a metric says that it is a time or a rate over time."""
    return _TIME.search(metric) is not None
