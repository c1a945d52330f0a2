"""What can be done: an operation, typed, with its risk; the command line and every other face are made from these."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any, Generic, TypeVar

from overnight.operations.principal import OWNER, Address, Kind, Origin, Principal

I = TypeVar("I")  # noqa: E741  # the input, a frozen dataclass
O = TypeVar("O")  # noqa: E741  # the output


class Tier(StrEnum):
    """How bad it is if it was not meant, from harmless upwards."""

    READ = "read"  # changes nothing
    REVERSIBLE = "reversible"  # can be taken back at no cost
    COSTLY = "costly"  # takes hours, tokens or money, or stands for a person's word
    IRREVERSIBLE = "irreversible"  # cannot be taken back
    PHYSICAL = "physical"  # acts on the world outside the machine

    def exceeds(self, other: "Tier") -> bool:
        """Whether this one is worse."""
        order = list(Tier)
        return order.index(self) > order.index(other)


class Settled(StrEnum):
    """What a second look found of a call's effect."""

    DONE = "done"
    NOT_DONE = "not done"
    UNKNOWN = "unknown"


def repeatable(_context: "Context", _given: object, found: object) -> Settled:
    """The `read_back` of what may be done twice as well as once: after a kill it is done again."""
    return Settled.NOT_DONE if found is None else Settled.DONE


def _silent(_: str) -> None:
    """Say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The circumstances of one call."""

    where: Path  # the folder that it is about
    environment: Mapping[str, str] = field(default_factory=dict)
    principal: Principal = OWNER
    origin: Origin = Origin.OWNER
    address: Address | None = None  # of the principal; None: this machine
    key: str = ""  # of a call that may come twice, such as by a message that is delivered again: the same key, the same call
    since: float = 0.0  # of a call that is looked at again: Unix time before which it had no effect
    ceiling: Tier = Tier.PHYSICAL  # of the channel that it came by; what is above it needs the owner's approval
    for_others: bool = False  # an agent calls in a turn that is not the owner's
    say: Callable[[str], None] = _silent  # for who waits meanwhile
    repositories: Mapping[str, Path] = field(default_factory=dict)  # that a face serves, by their names in addresses
    guest_may: frozenset[str] = frozenset()  # operations that the owner named for guests

    @property
    def at_home(self) -> bool:
        """Whether the owner calls from this machine's command line, by themselves."""
        return self.address is None and self.principal.kind is Kind.OWNER

    def name_of(self, folder: Path) -> str:
        """The name of a repository as a face has it; without a face, that of its folder."""
        return next((name for name, served in self.repositories.items() if served == folder), folder.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Argument:
    """An input that a command line takes by its place."""

    about: str = ""  # for a schema; a command line describes it in the operation's details
    metavar: str = ""  # by default its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """An input that a command line takes by its name."""

    about: str
    flags: tuple[str, ...] = ()  # by default `--` and its name
    metavar: str = ""
    shows_default: bool = False
    raises: bool = False  # another value than the default can raise the tier of a call


@dataclass(frozen=True, slots=True, kw_only=True)
class Followed:
    """Something that a call began and that goes on by itself: where who asked for it can look how far it is."""

    what: str  # such as `action #12`
    operation: str  # that tells, and only reads
    given: Mapping[str, object]
    field: str  # of its answer
    news: Sequence[str]  # values that are worth a word
    ends: Sequence[str]  # values after which nothing comes
    urgent: bool = False  # it is said at once, also in quiet hours
    promise: str = "I follow it, and say what comes of it."  # to who asked for it


# No slots: Python 3.11 cannot build `Operation[I, O](...)` of a frozen class with them.
@dataclass(frozen=True, kw_only=True, eq=False, repr=False)
class Operation(Generic[I, O]):
    """One thing that can be done.

    `input` is a frozen dataclass; each field is `Annotated` with an `Argument` or an `Option`, and with bounds of
    `annotated_types`. `output` is one too, or a sequence or mapping of some; a comment after a field says what it means.
    """

    name: str  # the words that the command line has for it, such as "idea add"
    about: str  # one line
    details: str = ""  # more paragraphs for its help
    input: type[I]
    output: Any  # Any: a type, or a form of one such as Sequence[Finding]
    tier: Tier
    run: Callable[[Context, I], O] | None  # None: only a face that has a way of its own can carry it out
    render: Callable[[O], str]  # what a person reads
    note: str = ""  # what else to know about what `--json` prints
    notes: Callable[[O], Sequence[str]] | None = None  # what to say beside the answer
    holds: Callable[[O], bool] | None = None  # for a check: whether what it checks holds; exit code 1 if it does not
    egress: bool = False  # something leaves this machine
    of_machine: bool = False  # it is about this machine, in whatever folder it is called
    private: bool = False  # its input can be forgotten: the record of operations has none of it, unless the owner was asked
    local: bool = False  # for the command line alone, such as what writes files where the caller says
    lasts: bool = False  # minutes or longer: who cannot wait for it has it carried out by a process of its own
    leads: Callable[[Context, I], str] | None = None  # of one that lasts: the address of the page of what it works on
    owner_only: bool = False  # no approval lets anybody else call it
    guests: bool = False  # persons who may nothing else may call it
    raised: Callable[[Context, I], Tier] | None = None  # the tier of a call, if it is not the same for all
    requires: Callable[[Context, I], None] | None = None  # raises UserError if it may not start; not asked of the owner at home
    state: Callable[[Context, I], str] | None = None  # what an approval is bound to: a text of the state that it acts on
    tells: Callable[[Context, I], str] | None = None  # a line that the owner also reads before they approve a call
    read_back: Callable[[Context, I, O | None], Settled] | None = None  # looks again whether it took effect; None: killed
    follows: Callable[[O], Sequence[Followed]] | None = None  # what it began that no task stands for
    words: Origin | Callable[[O], Origin] = Origin.FOREIGN  # whose words its answer has; see `words_of`

    def tier_of(self, context: Context, given: I) -> Tier:
        """The tier of a call."""
        return self.raised(context, given) if self.raised else self.tier

    def words_of(self, found: O) -> Origin:
        """Whose words an answer has, at worst; an operation that does not say so answers in those of strangers.

        An answer whose field `origin` says that it is our own words, or a person's, is that. A model that acts
        is shown such words; after those that have names and texts of others among them, `TOOL`, it may do no more than read;
        those of strangers, `FOREIGN`, it is not shown at all.
        """
        if callable(self.words):
            return self.words(found)
        stated = getattr(found, "origin", None)
        if self.words is Origin.FOREIGN and stated in (Origin.OWNER, Origin.MEMBER, Origin.CLAW):
            return Origin.CLAW
        return self.words


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """That a process of its own carries an operation out; a task says how far it is."""

    task: str  # its name, for `task show` and `task stop`
    address: str  # of its page
    operation: str
    leads: str = ""  # the address of the page of what it works on, such as a campaign; empty: there is none yet


AnyOperation = Operation[Any, Any]  # Any: faces take operations of every input and output
