"""The shape of the front matter: which keys there are, what each may hold, and the record that it becomes."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from overnight.agents.editor.form import EditForm
from overnight.jail.job import Limits
from overnight.notices.settings import Notify, NotifyKeys
from overnight.program.direction import guess_direction
from overnight.program.environment import Environment
from overnight.program.fields import (
    SECONDS_PER_HOUR,
    Count,
    CurvePattern,
    Duration,
    Exits,
    Globs,
    Guards,
    Hosts,
    Hours,
    MetricName,
    Number,
    Parts,
    Paths,
    Pattern,
    ReadablePaths,
    Reason,
    RelativePath,
    Size,
    Texts,
)
from overnight.program.front_matter import QUOTED
from overnight.program.program import (
    ADVISERS,
    OUTSIDE,
    PATIENCE_S,
    WITHOUT_MODELS,
    Budget,
    Direction,
    GateSettings,
    Metric,
    Noise,
    ResearcherSpec,
    Take,
    TimeUnit,
)
from overnight.words.fields import MAX_ITEMS, Mistake, Role, Short, Text, Verbatim
from overnight.words.foreign import printable

_NETWORKS = ("none", "host")
MOST_VALUES = 100_000  # of which one is the mean
_ALL_COUNT = "belongs to `take: geomean`, and says how many values a trial prints, so that none can vanish"
_COUNT_THEM = "write both, such as `take: geomean, values: 6`, or neither"


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class MetricKeys(_Keys):
    """`metric:`, a name or a mapping."""

    name: MetricName
    direction: Direction | None = None
    min_effect: Annotated[Number, Field(ge=0)] | None = None
    pattern: Pattern | None = None
    result: RelativePath | None = None
    curve: CurvePattern | None = None
    take: Take | None = None
    values: Annotated[Count, Field(ge=1, le=MOST_VALUES)] | None = None
    unit: TimeUnit | None = None
    parts: Parts | None = None
    sealed_parts: Parts | None = None

    @model_validator(mode="before")
    @classmethod
    def _name_alone(cls, raw: object) -> object:
        return {"name": raw} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.pattern is not None and self.result is not None:
            raise Mistake("cannot be combined with `pattern`", fix="delete one of them", key="result")
        if self.take is not None and self.result is not None:
            raise Mistake("cannot be combined with `result`, which holds one value", fix="delete one of them", key="take")
        if self.take is not None and self.name in OUTSIDE:
            raise Mistake(f"{self.name} is measured from outside, once in a trial", fix="delete `take`", key="take")
        if (self.take is Take.GEOMEAN) != (self.values is not None):
            raise Mistake(_ALL_COUNT, fix=_COUNT_THEM, key="values")
        if self.unit is not None and self.pattern is None:
            raise Mistake(
                "needs a `pattern`", fix="write one whose group has the number and its unit, or delete it", key="unit"
            )
        self._parts_agree()
        if self.direction is None and guess_direction(self.name) is None:
            fix = "write `metric: {name: ..., direction: minimize}` or maximize"
            raise Mistake("missing, and the name does not say which way is better", fix=fix, key="direction")
        return self

    def _parts_agree(self) -> None:
        """Parts are read from lines, each once, and the metric is computed from them."""
        if self.sealed_parts and not self.parts:
            raise Mistake("needs `parts`", fix="name the parts of the public metric too, or delete it", key="sealed_parts")
        if not self.parts:
            return
        for key in ("pattern", "result", "take", "curve"):
            if getattr(self, key) is not None:
                raise Mistake(f"cannot be combined with `{key}`: each part is one line", fix="delete one of them", key="parts")
        for part, _ in (*self.parts, *(self.sealed_parts or ())):
            if part == self.name or part in OUTSIDE:
                why = "is the metric itself" if part == self.name else "is measured from outside"
                raise Mistake(f"`{part}` {why}", fix="name metrics that a trial prints, by other names", key="parts")
        if self.name in OUTSIDE:
            raise Mistake(f"{self.name} is measured from outside", fix="give the metric another name", key="parts")

    def record(self) -> Metric:
        """What the campaign works with."""
        return Metric(
            name=self.name,
            direction=self.direction or guess_direction(self.name) or Direction.MINIMIZE,
            min_effect=self.min_effect,
            pattern=self.pattern,
            result=self.result,
            curve=self.curve,
            take=self.take,
            values=self.values,
            unit=self.unit,
            parts=self.parts or (),
            sealed_parts=self.sealed_parts or (),
        )


class NetworkKeys(_Keys):
    """`network:`, a word, a list of hosts, or a mapping."""

    hosts: Hosts | None = None
    sent: Size = 10 * 1000**2
    received: Size = 2 * 1000**3
    word: Literal["none", "host"] = "none"  # written alone

    @model_validator(mode="before")
    @classmethod
    def _alone(cls, raw: object) -> object:
        if isinstance(raw, str) and raw not in _NETWORKS:
            fix = f"write `network: [{printable(raw if '.' in raw else 'pypi.org', QUOTED)}]`, or `none`"
            raise Mistake("must be `none`, `host`, or a list of hosts", fix=fix)
        if isinstance(raw, dict) and "hosts" not in raw:
            raise Mistake("lists no hosts", fix="write `hosts: [pypi.org]`, or `network: none`", key="hosts")
        return {"word": raw} if isinstance(raw, str) else {"hosts": raw} if isinstance(raw, list | tuple) else raw


class LimitsKeys(_Keys):
    """`limits:` of one job."""

    wall: Annotated[Duration, Field(le=7 * 24 * SECONDS_PER_HOUR)] = 300.0
    memory: Size = 4 * 1000**3
    cpus: Annotated[Count, Field(ge=1, le=1024)] = 1
    gpus: Annotated[Count, Field(ge=0, le=64)] = 0
    disk: Size = 1000**3
    files: Annotated[Count, Field(ge=1)] = 100_000
    processes: Annotated[Count, Field(ge=1)] = 256
    output: Annotated[Size, Field(le=1000**3)] = 16 * 1000**2
    network: NetworkKeys = NetworkKeys.model_construct()
    allow_exit: Exits = (0,)

    def record(self) -> Limits:
        """What the campaign works with."""
        return Limits(
            wall_s=self.wall,
            memory_bytes=self.memory,
            cpus=self.cpus,
            gpus=self.gpus,
            disk_bytes=self.disk,
            files=self.files,
            processes=self.processes,
            output_bytes=self.output,
            network=self.network.word,
            hosts=self.network.hosts or (),
            sent_bytes=self.network.sent,
            received_bytes=self.network.received,
            allow_exit=self.allow_exit,
        )


class BudgetKeys(_Keys):
    """`budget:` of a campaign."""

    experiments: Annotated[Count, Field(ge=1)] | None = None
    trials: Annotated[Count, Field(ge=1)] | None = None
    hours: Hours | None = None
    tokens: Annotated[Count, Field(ge=0)] | None = None
    cost_usd: Annotated[Number, Field(ge=0)] | None = None

    def record(self) -> Budget:
        """What the campaign works with."""
        return Budget(
            experiments=self.experiments, trials=self.trials, hours=self.hours, tokens=self.tokens, cost_usd=self.cost_usd
        )


class GateKeys(_Keys):
    """`gate:`, how sure a keep must be."""

    error_rate: Annotated[Number, Field(gt=0, le=0.5)] = 0.10
    noise: Noise = Noise.AUTO
    max_pairs: Annotated[Count, Field(ge=1, le=10_000)] = 60
    holdout_pairs: Annotated[Count, Field(ge=1, le=10_000)] = 5
    keep_simpler: bool = False
    expensive: bool = False

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.expensive and self.noise in {Noise.DETERMINISTIC, Noise.TIMING}:
            what = f"`{self.noise}` cannot be combined with `expensive`, which compares everything in pairs"
            raise Mistake(what, fix="write `noise: heavy`, or delete one of them", key="noise")
        if self.expensive and self.keep_simpler:
            what = "cannot be combined with `expensive`: proving that less code is no worse takes far more pairs than a gain"
            raise Mistake(what, fix="delete one of them", key="keep_simpler")
        return self

    def record(self) -> GateSettings:
        """What the campaign works with."""
        return GateSettings(
            error_rate=self.error_rate,
            noise=self.noise,
            max_pairs=self.max_pairs,
            holdout_pairs=self.holdout_pairs,
            keep_simpler=self.keep_simpler,
            expensive=self.expensive,
        )


class EditKeys(_Keys):
    """One edit of a scripted researcher."""

    path: RelativePath
    old: Verbatim
    new: Verbatim

    @model_validator(mode="before")
    @classmethod
    def _short(cls, raw: object) -> object:
        return dict(zip(("path", "old", "new"), raw, strict=True)) if isinstance(raw, list) and len(raw) == 3 else raw  # noqa: PLR2004


class AgentKeys(_Keys):
    """What an entry of any list of agents says of one of them; each list says which it takes."""

    use: str
    command: Text | None = None
    template: Literal["claude", "codex", "opencode", "gemini"] | None = None
    model: Short | None = None
    edit_form: EditForm | None = None
    limits: LimitsKeys | None = None

    @model_validator(mode="after")
    def _is_one(self) -> Self:
        if self.use == "command" and (self.command is None) == (self.template is None):
            raise Mistake("`use: command` needs a `command` or a `template`", fix="give exactly one of the two", key="command")
        if self.use == "acp" and self.command is None:
            fix = "write the command of a program that speaks ACP, such as `opencode acp`"
            raise Mistake("`use: acp` needs a `command`", fix=fix, key="command")
        self._only("command", "command", "acp")
        self._only("template", "command")
        self._only("model", "agent", "editor", "acp", "command")
        self._only("edit_form", "editor")
        self._only("limits", "agent", "acp", "command")
        return self

    def _only(self, key: str, *uses: str) -> None:
        if getattr(self, key) and self.use not in uses:
            fix = f"write `use: {' or '.join(uses)}`, or delete it"
            raise Mistake(f"`use: {self.use}` takes no `{key}`", fix=fix, key=key)


class ResearcherKeys(AgentKeys):
    """One entry of `researchers:`."""

    role: Role
    use: Literal["tuner", "mutator", "agent", "editor", "acp", "command", "scripted", "submissions"]
    count: Annotated[Count, Field(ge=1, le=100)] = 1
    patience: Duration = PATIENCE_S
    edits: Annotated[tuple[EditKeys, ...], Field(max_length=1000)] = ()
    edits_file: RelativePath | None = None

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        self._only("edits", "scripted")
        self._only("edits_file", "scripted")
        if self.use == "scripted" and bool(self.edits) == bool(self.edits_file):
            what = "takes either" if self.edits else "needs"
            fix = "list {path, old, new} entries, or name a committed file with one in JSON on each line"
            raise Mistake(f"`use: scripted` {what} `edits` or `edits_file`", fix=fix, key="edits")
        if self.role in ADVISERS and self.use in WITHOUT_MODELS:
            fix = "write `use: agent`, `editor`, `acp` or `command`, or give the role another name"
            raise Mistake(f"the role `{self.role}` answers in words, which `{self.use}` cannot", fix=fix, key="use")
        return self

    def record(self) -> ResearcherSpec:
        """What the campaign works with."""
        return ResearcherSpec(
            role=self.role,
            use=self.use,
            command=self.command,
            template=self.template or "",
            model=self.model or "",
            edit_form=self.edit_form or "",
            limits=self.limits.record() if self.limits else None,
            count=self.count,
            patience_s=self.patience,
            edits=tuple((edit.path, edit.old, edit.new) for edit in self.edits),
            edits_file=self.edits_file or "",
        )


class ProgramKeys(_Keys):
    """The whole front matter."""

    metric: MetricKeys
    measure: Text | None = None
    produce: Text | None = None
    score: Text | None = None
    artifacts: Paths = ()
    prepare: Text | None = None
    inputs: Paths = ()
    editable: Globs = ("train.py",)
    judge_may_change: Reason | None = None
    hidden: Paths = ()
    checks: Texts = ()
    guards: Guards = ()
    holdout: Text | None = None
    audit: Text | None = None
    readable: ReadablePaths = ()
    env: Environment = ()
    limits: LimitsKeys = LimitsKeys.model_construct()
    budget: BudgetKeys = BudgetKeys.model_construct()
    gate: GateKeys = GateKeys.model_construct()
    target: Number | None = None
    notify: Notify = ()
    researchers: Annotated[tuple[ResearcherKeys, ...], Field(min_length=1, max_length=MAX_ITEMS)] = (
        ResearcherKeys.model_construct(role="tuner", use="tuner"),
    )


_MODELS: Mapping[str, type[BaseModel]] = {
    "": ProgramKeys,
    "metric": MetricKeys,
    "limits": LimitsKeys,
    "network": NetworkKeys,
    "budget": BudgetKeys,
    "gate": GateKeys,
    "notify": NotifyKeys,
    "researchers": ResearcherKeys,
    "edits": EditKeys,
}
# Which keys a mapping may have, by the key above it; "" is the top.
KEYS: Mapping[str, Sequence[str]] = {
    name: tuple(key for key in model.model_fields if (name, key) != ("network", "word")) for name, model in _MODELS.items()
}
