"""The shape of the front matter of `actions.md` and of task files: which keys there are, and what each may hold."""

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from overnight.actions.charter import CHECK_S, FILES, ActionBudget, Delivery, Role, RoleSpec
from overnight.agents.context import AgentSpec
from overnight.program.environment import Environment
from overnight.program.fields import SECONDS_PER_HOUR, Count, Duration, Globs, Hosts, Number, ReadablePaths, Texts
from overnight.program.schema import KEYS as OF_PROGRAMS
from overnight.program.schema import AgentKeys, LimitsKeys
from overnight.words.fields import MAX_ITEMS, Mistake, Text
from overnight.words.units import parse_duration, parse_number

BRANCH = "branch"
LONGEST_TURN = 24 * 60  # minutes
MOST_TURNS = 100
MOST_AFTER = 64
_MINUTE_S = 60
_TEMPLATES = ("claude", "codex", "opencode", "gemini")
_REMOTE = re.compile(r"\w[\w./-]{0,99}", re.ASCII)
_PLACE = re.compile(r"\{[a-z]{1,20}\}")


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


def _with_files(command: str) -> str:
    """A command that runs the test files it is given."""
    if FILES not in command:
        fix = f"write `{FILES}` where they go, such as `python -m pytest -q {FILES}`"
        raise Mistake(f"does not say where the test files go: it has no `{FILES}`", fix=fix)
    return command


def _minutes(raw: object) -> float:
    """Minutes; a bare number means minutes, not seconds as in any other duration."""
    with suppress(ValueError):
        return parse_number(raw)
    try:
        return parse_duration(raw) / _MINUTE_S
    except ValueError:
        raise ValueError("must be minutes such as 20, or a duration such as 1h30m") from None


def _listed(raw: object) -> object:
    return [raw] if isinstance(raw, str | int) else raw


def _hosts(raw: object) -> object:
    hosts = _listed(raw)
    if isinstance(hosts, list) and "*" in hosts:
        raise Mistake(
            "lists all hosts: what an agent reads could be sent anywhere", fix="name those it needs, such as pypi.org"
        )
    return hosts


def _task(raw: object) -> object:
    if isinstance(raw, bool) or not isinstance(raw, str | int):
        raise Mistake("must be the name of a file or the number of an action", fix="write `after: [api.md, 7]`")
    return raw


class JobLimitsKeys(LimitsKeys):
    """`limits:` of one job of an action."""

    wall: Annotated[Duration, Field(le=7 * 24 * SECONDS_PER_HOUR)] = CHECK_S


class RoleKeys(AgentKeys):
    """An entry of `roles:`; a template's name will do as what it uses."""

    role: Role
    use: Literal["agent", "editor", "acp", "command"] = "agent"

    @model_validator(mode="before")
    @classmethod
    def _template_alone(cls, raw: object) -> object:
        if isinstance(raw, dict) and raw.get("use") in _TEMPLATES and "template" not in raw:
            return {**raw, "use": "command", "template": raw["use"]}
        return raw

    def record(self) -> RoleSpec:
        """What actions work with."""
        agent = AgentSpec(
            use=self.use,
            command=self.command,
            template=self.template or "",
            model=self.model or "",
            edit_form=self.edit_form or "",
        )
        return RoleSpec(role=self.role, agent=agent, limits=self.limits.record() if self.limits else None)


class DeliverKeys(_Keys):
    """`deliver:`, the word `branch` or a mapping."""

    push: Text | None = None
    then: Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _word_alone(cls, raw: object) -> object:
        if isinstance(raw, str) and raw != BRANCH:
            fix = "write `deliver: branch`, or `deliver: {push: origin}`"
            raise Mistake("must be `branch`, or a mapping with the remote to push to", fix=fix)
        return {} if isinstance(raw, str) else raw

    @model_validator(mode="after")
    def _agrees(self) -> Self:
        if self.push is not None and not _REMOTE.fullmatch(self.push):
            raise Mistake("must be the name of a remote", fix="write one that `git remote` lists, such as origin", key="push")
        if self.then is not None and self.push is None:
            raise Mistake("comes after a push, and there is none", fix="add `push: origin`, or delete it", key="then")
        for hit in _PLACE.finditer(self.then or ""):
            if hit[0] not in {"{branch}", "{title}"}:
                fix = "`{branch}` and `{title}` are the only ones; quote braces that are for the shell"
                raise Mistake(f"unknown placeholder `{hit[0]}`", fix=fix, key="then")
        return self

    def record(self) -> Delivery:
        """What actions work with."""
        return Delivery(push=self.push or "", then=self.then or "")


class ActionBudgetKeys(_Keys):
    """`budget:` of one action."""

    tokens: Annotated[Count, Field(ge=1)] | None = None
    cost_usd: Annotated[Number, Field(gt=0)] | None = None
    minutes: Annotated[float, BeforeValidator(_minutes), Field(gt=0, le=LONGEST_TURN)] | None = None
    turns: Annotated[Count, Field(ge=1, le=MOST_TURNS)] | None = None

    def record(self, usual: ActionBudget) -> ActionBudget:
        """What one action may use; what is not said is as usual."""
        return ActionBudget(
            tokens=usual.tokens if self.tokens is None else self.tokens,
            cost_usd=usual.cost_usd if self.cost_usd is None else self.cost_usd,
            minutes=usual.minutes if self.minutes is None else self.minutes,
            turns=usual.turns if self.turns is None else self.turns,
        )


class RulesKeys(_Keys):
    """The whole front matter of `actions.md`."""

    checks: Texts = ()
    test: Annotated[Text, AfterValidator(_with_files)] | None = None
    test_globs: Globs | None = None
    setup: Text | None = None
    setup_inputs: Globs | None = None
    show: Text | None = None
    protected: Globs | None = None
    allow: Annotated[Hosts, BeforeValidator(_hosts)] | None = None
    roles: Annotated[tuple[RoleKeys, ...], Field(min_length=1, max_length=MAX_ITEMS)] | None = None
    readable: ReadablePaths = ()
    env: Environment = ()
    deliver: DeliverKeys = DeliverKeys.model_construct()
    limits: JobLimitsKeys = JobLimitsKeys.model_construct()
    budget: ActionBudgetKeys = ActionBudgetKeys.model_construct()


class TaskKeys(_Keys):
    """The front matter of a task file."""

    repo: Text | None = None
    checks: Texts = ()
    budget: ActionBudgetKeys | None = None
    after: Annotated[
        tuple[Annotated[Annotated[int, Field(ge=1)] | Text, BeforeValidator(_task)], ...],
        Field(max_length=MOST_AFTER),
        BeforeValidator(_listed),
    ] = ()
    show: Text | None = None
    plan: bool | None = None
    refactoring: bool = False
    measure: bool = False


_BESIDE: Mapping[str, type[BaseModel]] = {"budget": ActionBudgetKeys, "deliver": DeliverKeys, "roles": RoleKeys}
_SHARED: Mapping[str, Sequence[str]] = {
    **{name: OF_PROGRAMS[name] for name in ("limits", "network")},
    **{name: tuple(model.model_fields) for name, model in _BESIDE.items()},
}
# Which keys a mapping may have, by the key above it; "" is the top.
KEYS: Mapping[str, Sequence[str]] = {"": tuple(RulesKeys.model_fields), **_SHARED}
TASK_KEYS: Mapping[str, Sequence[str]] = {"": tuple(TaskKeys.model_fields), "budget": _SHARED["budget"]}
