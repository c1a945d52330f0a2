"""The shape of the front matter of `meta.md`: which keys there are, and what each may hold."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from overnight.notices.settings import Notify, NotifyKeys
from overnight.program.fields import Count, Guards, Hours, Number, RelativePath
from overnight.program.schema import KEYS as OF_PROGRAMS
from overnight.program.schema import ResearcherKeys
from overnight.words.fields import MAX_ITEMS, Text

AUDIT_PAIRS = 8  # fresh pairs that measure what an inner campaign is worth
SCREENING = 0.25  # of the inner budget: what a campaign has that only screens


class _Keys(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class InnerKeys(_Keys):
    """`inner:`, the budget of one inner campaign."""

    trials: Annotated[Count, Field(ge=10)] | None = None
    trial_seconds: Annotated[Number, Field(gt=0)] | None = None
    tokens: Annotated[Count, Field(ge=0)] | None = None
    cost_usd: Annotated[Number, Field(ge=0)] | None = None
    audit_pairs: Annotated[Count, Field(ge=2, le=1000)] = AUDIT_PAIRS
    screening: Annotated[Number, Field(gt=0, le=1)] = SCREENING


class MetaBudgetKeys(_Keys):
    """`budget:` of a meta-campaign."""

    campaigns: Annotated[Count, Field(ge=1)] | None = None
    hours: Hours | None = None
    tokens: Annotated[Count, Field(ge=0)] | None = None
    cost_usd: Annotated[Number, Field(ge=0)] | None = None


class MetaGateKeys(_Keys):
    """`gate:` of a meta-campaign."""

    error_rate: Annotated[Number, Field(gt=0, le=0.5)] = 0.10
    max_pairs: Annotated[Count, Field(ge=1, le=1000)] = 60
    holdout_pairs: Annotated[Count, Field(ge=1, le=1000)] = 4


class CharterKeys(_Keys):
    """The whole front matter."""

    organisation: RelativePath = "program.md"
    targets: Annotated[tuple[Text, ...], Field(min_length=1, max_length=MAX_ITEMS)]
    holdout: Annotated[tuple[Text, ...], Field(max_length=MAX_ITEMS)] = ()
    inner: InnerKeys
    allowed_researchers: Annotated[tuple[ResearcherKeys, ...], Field(min_length=1, max_length=MAX_ITEMS)]
    progress: Literal["audited"] = "audited"
    budget: MetaBudgetKeys = MetaBudgetKeys.model_construct()
    gate: MetaGateKeys = MetaGateKeys.model_construct()
    guards: Guards = ()
    notify: Notify = ()
    researchers: Annotated[tuple[ResearcherKeys, ...], Field(min_length=1, max_length=MAX_ITEMS)] = (
        ResearcherKeys.model_construct(role="tuner", use="tuner"),
    )


_MODELS: Mapping[str, type[BaseModel]] = {
    "": CharterKeys,
    "inner": InnerKeys,
    "budget": MetaBudgetKeys,
    "gate": MetaGateKeys,
    "notify": NotifyKeys,
    "researchers": ResearcherKeys,
    "allowed_researchers": ResearcherKeys,
}
# Which keys a mapping may have, by the key above it; "" is the top.
KEYS: Mapping[str, Sequence[str]] = {
    **{name: OF_PROGRAMS[name] for name in ("limits", "network", "edits")},  # of a researcher
    **{name: tuple(model.model_fields) for name, model in _MODELS.items()},
}
