"""What happens in a campaign, as events: the ledger keeps them, the views show them, the state is their fold."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Literal

from pydantic import Field

from overnight.agents.hindrance import Hindrance
from overnight.egress.connection import Connection
from overnight.gate.audit import ChangeAudit, Estimate, LeftOut, Longer, PartAudit, PartLeftOut
from overnight.gate.lesson import Lesson
from overnight.gate.trial import Trial, TrialKey
from overnight.gate.verdict import Verdict
from overnight.machines.place import Place
from overnight.models.provider_state import ProviderState
from overnight.models.usage import Usage
from overnight.program.program import Budget
from overnight.research.ending import Ending, SessionKind
from overnight.research.experiment import ByProducts, Edit, RecordedConclusion, Scalar
from overnight.research.idea import IdeaEdit
from overnight.research.order import Order, Outcome
from overnight.research.search_trial import Searched


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignOpened:
    """The first event of a ledger."""

    kind: Literal["campaign_opened"] = "campaign_opened"
    tag: str
    version: str  # of overnight
    program: str  # the whole program.md
    start: str  # commit
    secret: str  # hex; trial seeds are derived from it, so it stays out of every jail
    sandbox: str  # name of the executor
    environment: Mapping[str, str] = field(default_factory=dict)  # fingerprint: cpu, python, lock files, ...
    rules: int = 1  # of the gate: the campaign is decided by them to its end, and replayed by them
    file: str = "program.md"  # that the program is from, at the top of the repository
    editable_judges: tuple[str, ...] = ()  # what a proposal may change although it judges proposals: the program says why


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionStarted:
    """A process resumed the campaign."""

    kind: Literal["session_started"] = "session_started"
    version: str
    sandbox: str
    elapsed_s: float  # of all earlier sessions, by the monotonic clock


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgramChanged:
    """The user edited `program.md` between experiments."""

    kind: Literal["program_changed"] = "program_changed"
    program: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EnvironmentChanged:
    """The machine, the interpreter, a lock file or data outside the repository changed: trials may not be comparable."""

    kind: Literal["environment_changed"] = "environment_changed"
    environment: Mapping[str, str]  # as it is now
    changed: tuple[str, ...]  # names of what differs, including what is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposed:
    """A proposal is committed and about to be measured."""

    kind: Literal["proposed"] = "proposed"
    number: int
    role: str
    researcher: str
    hypothesis: str
    base: str
    commit: str
    tree: str
    notes: Mapping[str, Scalar] = field(default_factory=dict)
    tokens: int = 0
    cost_usd: float = 0.0
    lines_added: int = 0  # of code, see research/changes/code_size.py; counted only if the program keeps simpler code
    lines_removed: int = 0
    idea: int = 0  # of the queue, which it implements; 0: none
    shape: str = ""  # fingerprint of what it changes, see research/changes/similar.py
    assignment: int = 0  # that it answers: calls to models and transcripts have this number; 0: recorded before there were any
    reworks: int = 0  # returned experiment whose change it brings into the head; 0: none
    by_products: ByProducts = field(default_factory=ByProducts)
    edit: Edit = field(default_factory=Edit)
    searched: int = 0  # search trials that it was found by: it is put to the test without screening
    together: tuple[int, ...] = ()  # experiments of its role whose changes are merged into it
    lesson: Lesson = Lesson.ALL


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """The head moved: an open experiment continues against the new one, and its evidence starts again."""

    kind: Literal["moved"] = "moved"
    number: int
    onto: str  # commit: the head that it is measured against from now on
    commit: str  # of its change on top of that
    tree: str  # digest of the change, as in `Proposed`
    replaces: tuple[int, ...] = ()  # kept experiments whose text conflicts with its own, which it would undo; empty: merged
    screened: bool = False  # it survived screening before it was merged, and is put to the test at once
    lines_added: int = 0  # as in `Proposed`
    lines_removed: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """An ended experiment is measured again; its evidence starts again."""

    kind: Literal["reopened"] = "reopened"
    number: int
    proposed: Proposed  # as first recorded
    verdict: Verdict  # that it had, which counts no more
    restart: int  # of its trials from now on, as in `TrialKey`


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialFinished:
    """A trial has a value, or a fault."""

    kind: Literal["trial_finished"] = "trial_finished"
    trial: Trial
    elapsed_s: float = 0.0  # as in `Concluded`
    searched: Searched | None = None  # what for, if it is a search trial


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialVoided:
    """A trial counts as if it had never run, through no fault of its tree: its pair is measured again with the same seed."""

    kind: Literal["trial_voided"] = "trial_voided"
    key: TrialKey
    node: str  # that was lost
    reason: str
    under_way: bool = True  # else it had ended, and the node was lost before the other arm of its pair had


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeJoined:
    """A machine came, on which trials may run from now on."""

    kind: Literal["node_joined"] = "node_joined"
    node: str
    slots: int
    speed_class: str = ""  # as in `Place`
    facts: Mapping[str, str] = field(default_factory=dict)  # fingerprint of the machine
    left_out: str = ""  # why no trial may run on it after all; empty: trials may


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLost:
    """A machine went away; what ran on it is void."""

    kind: Literal["node_lost"] = "node_lost"
    node: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A survivor of screening drew its level from the error budget."""

    kind: Literal["registered"] = "registered"
    number: int
    test: int  # t, from 1
    level: float  # alpha_t
    margin: float = 0.0  # harm to rule out, on the gate's working scale; 0: it must be better


@dataclass(frozen=True, slots=True, kw_only=True)
class Concluded:
    """The verdict on a proposal; a keep takes effect with `Advanced`."""

    kind: Literal["concluded"] = "concluded"
    number: int
    conclusion: RecordedConclusion
    elapsed_s: float  # of the campaign so far, by the monotonic clock over all sessions
    returned: bool = (
        False  # not a verdict on its own merits: it failed together with a kept change, and its author may adapt it
    )
    unjudged: bool = False  # it says nothing about the change, which never had inputs or a head to be compared with
    same_as_head: bool = False  # its trials with seeds of the head's trials have the same values, to the last digit


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """The branch moved to a kept commit."""

    kind: Literal["advanced"] = "advanced"
    number: int
    old: str
    new: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Believed:
    """A person has read a kept change, and believes its gain."""

    kind: Literal["believed"] = "believed"
    number: int
    commit: str  # that was read


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalMissed:
    """A researcher made no proposal: it failed, could not work, or had no ideas left."""

    kind: Literal["proposal_missed"] = "proposal_missed"
    role: str
    reason: str
    final: bool = False  # it will not be asked again in this session
    idea: int = 0  # as in `Proposed`
    assignment: int = 0  # as in `Proposed`
    reworks: int = 0
    fault: Hindrance | None = None  # what kept it from working; None: it worked, and nothing came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeasChanged:
    """Somebody added ideas to the queue, or changed or dropped some."""

    kind: Literal["ideas_changed"] = "ideas_changed"
    by: str  # "person", "program" or a role
    edits: tuple[Annotated[IdeaEdit, Field(discriminator="kind")], ...]
    giver: str = ""  # who ordered it; empty: it was no order


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetChanged:
    """Somebody ordered another budget; edits of `program.md` are in `ProgramChanged`."""

    kind: Literal["budget_changed"] = "budget_changed"
    budget: Budget  # the whole, as it is from now on
    by: str  # as in `Giver`
    origin: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ordered:
    """Somebody gave an order, which waits until a session acts on it: the one event that any process may add."""

    kind: Literal["ordered"] = "ordered"
    key: str  # by who orders: an order with the key of an earlier one is the same order
    by: str  # as in `Giver`
    origin: str
    order: Annotated[Order, Field(discriminator="kind")]


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderSettled:
    """A session acted on an order, recorded together with what it did."""

    kind: Literal["order_settled"] = "order_settled"
    key: str
    outcome: Outcome
    reason: str = ""  # why it was refused


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCalled:
    """A model was called and its answer counted."""

    kind: Literal["model_called"] = "model_called"
    number: int  # the assignment that the call was for
    role: str
    provider: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderChanged:
    """A provider of models stands otherwise than before; what passes in a moment is not recorded."""

    kind: Literal["provider_changed"] = "provider_changed"
    state: ProviderState


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkUsed:
    """A job that may reach some hosts has ended: what it reached, and what it was refused."""

    kind: Literal["network_used"] = "network_used"
    role: str = ""  # of the agent whose job it was; empty: a trial's, or a check's
    number: int = 0  # the agent's assignment, else the experiment that was measured; 0: none, such as a trial of the head
    connections: tuple[Connection, ...]  # those beyond a few dozen, and refusals that are alike, are added up


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditOpened:
    """The start and the head are about to be measured again, then the head without each kept change."""

    kind: Literal["audit_opened"] = "audit_opened"
    audit: int  # from 1
    start: str  # commit
    head: str  # commit
    first: int  # index of its first pair: no index, and so no seed, is used twice
    pairs: int  # of start and head; as many again for the changes
    changes: tuple[LeftOut, ...] = ()
    parts: tuple[PartLeftOut, ...] = ()  # of those of many parts, the most important first
    unmeasured: int = 0  # further parts, which the audit leaves in
    longer: Longer | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditConcluded:
    """What an audit found."""

    kind: Literal["audit_concluded"] = "audit_concluded"
    audit: int
    total: Estimate | None  # of the head over the start
    reason: str = ""  # why there is no total
    changes: tuple[ChangeAudit, ...] = ()
    parts: tuple[PartAudit, ...] = ()
    unmeasured: int = 0  # as in `AuditOpened`
    elapsed_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Stopped:
    """A session ended normally."""

    kind: Literal["stopped"] = "stopped"
    session: SessionKind
    ending: Ending
    elapsed_s: float


Event = Annotated[
    CampaignOpened
    | SessionStarted
    | ProgramChanged
    | EnvironmentChanged
    | Proposed
    | Moved
    | Reopened
    | TrialFinished
    | TrialVoided
    | NodeJoined
    | NodeLost
    | Registered
    | Concluded
    | Advanced
    | Believed
    | ProposalMissed
    | IdeasChanged
    | BudgetChanged
    | Ordered
    | OrderSettled
    | ModelCalled
    | ProviderChanged
    | NetworkUsed
    | AuditOpened
    | AuditConcluded
    | Stopped,
    Field(discriminator="kind"),
]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialStarted:
    """A trial is running now; shown live, never kept."""

    key: TrialKey
    place: Place


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialCancelled:
    """A running trial was ended because nothing depends on it any more; shown live, never kept."""

    key: TrialKey


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposing:
    """A researcher was asked for a proposal; shown live, never kept."""

    role: str
    assignment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalEnded:
    """A researcher or adviser is done with an assignment, whatever came of it; shown live, never kept."""

    role: str
    assignment: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Working:
    """What is being done for an assignment now; shown live, never kept."""

    role: str
    assignment: int
    doing: str  # foreign; empty: nothing that is worth a word
    goes_on: bool = False  # with what it did before: how long it has done so counts from there


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something that a person should know now; shown live, never kept."""

    text: str


Sign = Event | TrialStarted | TrialCancelled | Proposing | ProposalEnded | Working | Noted  # what a live view sees
