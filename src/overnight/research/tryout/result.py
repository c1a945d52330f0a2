"""What `overnight agents test` asks for, what it counts, and what it reports."""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.config import Settings
from overnight.models.usage import CallRecord, Usage
from overnight.program.program import Program, ResearcherSpec
from overnight.words.foreign import printable

SECONDS = 300.0  # an agent's slow start and all forms of edits included
TOKENS = 60_000  # five calls of an agent with a prompt of 12,000, and no more
COST_USD = 0.10
SHOWN = 500  # characters of foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class Ask:
    """What to try."""

    name: str  # as the user gave it
    spec: ResearcherSpec
    program: Program | None  # whose limits apply, for a role that it declares
    settings: Settings
    environment: Mapping[str, str]
    tokens: int = TOKENS
    cost_usd: float | None = None  # None: our own limit, which counts what has a price
    seconds: float = SECONDS


@dataclass(frozen=True, slots=True, kw_only=True)
class FormTried:
    """What became of one form of edits."""

    form: str
    tried: bool  # no call was answered otherwise
    edited: bool
    calls: int  # 2 if the first answer had to be repaired
    reason: str  # why there was no edit, or why it was not tried; empty if there was an edit


@dataclass(slots=True)
class TryoutMeter:
    """What was used so far, for anyone who watches."""

    started: float = field(default_factory=time.monotonic)
    begun: bool = False
    usage: Usage = field(default_factory=Usage)
    models: list[tuple[str, str]] = field(default_factory=list)  # provider and model of each call
    first_call_s: float | None = None  # from the start to the first call
    first_token_s: float | None = None  # from the first call to the first byte of its answer
    form: str = ""  # of edits, that is tried now
    tell: Callable[[FormTried], None] = lambda _: None  # called when a form was tried

    @property
    def seconds(self) -> float:
        """Since the start."""
        return time.monotonic() - self.started

    def begin(self) -> None:
        """The first try begins now; for a further one, the clock goes on."""
        if not self.begun:
            self.started, self.begun = time.monotonic(), True

    def count(self, called: CallRecord) -> None:
        """Add a settled call."""
        if self.first_call_s is None:
            self.first_call_s = max(0.0, self.seconds - called.usage.seconds)
            self.first_token_s = called.usage.first_token_s or None
        self.usage += called.usage
        self.models.append((called.provider, called.model))


@dataclass(frozen=True, slots=True, kw_only=True)
class Tryout:
    """The result, as `agents test --json` prints it."""

    name: str
    use: str  # as in `researchers` of program.md
    edited: bool  # an edit within scope came back
    reason: str  # why not; empty if it did
    fix: str
    notes: Sequence[str]  # what else is wrong, such as a second provider that cannot be reached
    hypothesis: str
    diff: str
    calls: int
    input_tokens: int  # cached ones included
    cached_tokens: int  # of the input
    output_tokens: int
    estimated: int  # calls whose tokens are our estimate
    cost_usd: float | None  # None: not known, for lack of a price
    models: Sequence[str]  # that answered, each as `provider: model`, or `provider` alone if no model was named
    seconds: float  # in all
    first_call_s: float | None  # from the start to the first call
    first_token_s: float | None  # from the first call to the first byte of its answer
    most_tokens: int  # that the test was allowed to use
    most_usd: float  # that the test was allowed to spend
    forms: Sequence[FormTried] = ()  # of edits, if an editor's was to be found
    write: str = ""  # an entry of `researchers:` with the form that worked best; empty if none was to be found, or none worked


@dataclass(frozen=True, slots=True, kw_only=True)
class TryoutEdit:
    """A change within scope."""

    hypothesis: str
    diff: str
    notes: tuple[str, ...] = ()  # such as a claim that the diff does not bear out


@dataclass(frozen=True, slots=True, kw_only=True)
class Failing:
    """No edit came back."""

    reason: str
    fix: str = ""


def result_of(ask: Ask, meter: TryoutMeter, outcome: TryoutEdit | Failing, *, notes: Sequence[str] = ()) -> Tryout:
    """The result of a try with this outcome."""
    edit = outcome if isinstance(outcome, TryoutEdit) else None
    failing = outcome if isinstance(outcome, Failing) else Failing(reason="")
    usage = meter.usage
    return Tryout(
        name=ask.name,
        use=ask.spec.use,
        edited=edit is not None,
        reason=printable(failing.reason, SHOWN),
        fix=failing.fix,
        notes=[*notes, *(edit.notes if edit else ())],
        hypothesis=printable(edit.hypothesis, SHOWN) if edit else "",
        diff=edit.diff if edit else "",
        calls=usage.calls,
        input_tokens=usage.input_tokens,
        cached_tokens=usage.cached_tokens,
        output_tokens=usage.output_tokens,
        estimated=usage.estimated,
        cost_usd=usage.cost_usd if _priced(ask.settings, meter) else None,
        models=[
            f"{provider}: {printable(model, SHOWN)}" if model else provider for provider, model in dict.fromkeys(meter.models)
        ],
        seconds=meter.seconds,
        first_call_s=meter.first_call_s,
        first_token_s=meter.first_token_s,
        most_tokens=ask.tokens,
        most_usd=COST_USD if ask.cost_usd is None else ask.cost_usd,
    )


def _priced(settings: Settings, meter: TryoutMeter) -> bool:
    """Whether all calls have a price."""
    local = {provider.name for provider in settings.providers if provider.local}
    return all(provider in local or settings.prices.find(model) for provider, model in meter.models)
