"""The nodes that a campaign's trials ran on, as its events tell of them."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.machines.place import LOCAL
from overnight.research.events import NodeJoined, NodeLost, SessionStarted, TrialVoided

MOST = 512  # nodes that are remembered
ALONE = {Stage.BASELINE, Stage.SEARCH}  # stages whose trials are no pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeStanding:
    """One node, over the whole campaign."""

    slots: int  # that it has now; 0: it is not here
    speed_class: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)  # fingerprint, as of when it joined last
    joined: int = 0  # how often
    lost: int = 0  # how often it went away while trials could run on it
    why: str = ""  # it was lost last
    left_out: str = ""  # why no trial runs on it; empty: trials do
    head: str = ""  # commit of the newest head that was measured on it
    trials: int = 0  # that ended on it
    wall_s: float = 0.0  # of them
    voided: int = 0  # that it lost


Nodes = Mapping[str, NodeStanding]


def after_node(nodes: Nodes, event: NodeJoined | NodeLost | SessionStarted) -> Nodes:
    """The nodes after one joined, or was lost, or a session began, which has none at first."""
    match event:
        case SessionStarted():
            return {name: replace(node, slots=0) for name, node in nodes.items()}
        case NodeJoined(node=name):
            known = nodes.get(name, NodeStanding(slots=0))
            if name not in nodes and len(nodes) >= MOST:
                return nodes
            node = replace(
                known,
                slots=event.slots,
                speed_class=event.speed_class,
                facts=event.facts,
                joined=known.joined + 1,
                left_out=event.left_out,
            )
            return {**nodes, name: node}
        case NodeLost(node=name):
            if name not in nodes:
                return nodes
            return {**nodes, name: replace(nodes[name], slots=0, lost=nodes[name].lost + 1, why=event.reason)}


def after_trial_on(nodes: Nodes, trial: Trial) -> Nodes:
    """The nodes after another finished trial."""
    if trial.place is None or trial.place.node == LOCAL or trial.place.node not in nodes:
        return nodes
    known = nodes[trial.place.node]
    head = trial.tree if trial.key.stage is Stage.BASELINE else known.head
    node = replace(known, head=head, trials=known.trials + 1, wall_s=known.wall_s + trial.wall_s)
    return {**nodes, trial.place.node: node}


def after_void(nodes: Nodes, event: TrialVoided) -> Nodes:
    """The nodes after a trial that one of them lost."""
    known = nodes.get(event.node)
    return {**nodes, event.node: replace(known, voided=known.voided + 1)} if known and event.under_way else nodes


def loss_of(nodes: Nodes, event: TrialVoided) -> str:
    """Which loss of a node ended a candidate's trial, so that several trials of one count once; empty: no loss did."""
    if not event.under_way or event.key.arm is not Arm.CANDIDATE:
        return ""
    known = nodes.get(event.node)
    return f"{event.node} {known.joined if known else 0}"


def are_compared(one: TrialKey, other: TrialKey) -> bool:
    """Whether two trials are compared with each other, and so must run on one node: the arms of a pair, a block of an audit."""
    if one == other or (one.stage, one.index) != (other.stage, other.index) or one.stage in ALONE:
        return False
    return one.stage is Stage.AUDIT or (one.experiment, one.restart) == (other.experiment, other.restart)
