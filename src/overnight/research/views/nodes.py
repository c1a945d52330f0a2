"""The machines that a campaign's trials ran on, in words."""

from collections.abc import Mapping, Sequence

from overnight.gate.trial import Stage
from overnight.research.events import NodeJoined, NodeLost, TrialVoided
from overnight.research.nodes import NodeStanding
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

NODES = 16  # that are named; the others are in `--json`
NAME = 60  # characters
REASON = 160  # characters


def event_line(event: NodeJoined | NodeLost | TrialVoided) -> str:
    """What happened to a machine, or through one, in one line."""
    name = printable(event.node, NAME)
    match event:
        case NodeJoined(left_out=why) if why:
            return f"machine {name} joined and is left out: {printable(why, REASON)}"
        case NodeJoined(slots=slots):
            return f"machine {name} joined: {counted(slots, 'slot')}"
        case NodeLost(reason=reason):
            return f"machine {name} is lost: {printable(reason, REASON)}"
        case TrialVoided(key=key, reason=reason):
            what = "the head" if key.stage is Stage.BASELINE else f"#{key.experiment}"
            return f"a {key.stage.value} trial of {what} on {name} does not count: {printable(reason, REASON)}"


def node_lines(nodes: Mapping[str, NodeStanding]) -> Sequence[str]:
    """A line for each machine: those that are here first, of these those that did the most."""
    sorted_ = sorted(nodes.items(), key=lambda each: (not each[1].slots, -each[1].trials, each[0]))
    lines = [f"{printable(name, NAME)}: {_standing(node)}" for name, node in sorted_[:NODES]]
    return [*lines, f"and {counted(len(nodes) - NODES, 'further machine')}"] if len(nodes) > NODES else lines


def _standing(node: NodeStanding) -> str:
    parts = (
        counted(node.slots, "slot") if node.slots else "not here",
        f"left out: {printable(node.left_out, REASON)}" if node.left_out else "",
        f"class {printable(node.speed_class, NAME)}" if node.speed_class else "",
        f"{counted(node.trials, 'trial')} in {duration(node.wall_s)}" if node.trials else "",
        f"lost {counted(node.lost, 'time')}, with {counted(node.voided, 'trial')}" if node.lost else "",
        f"the last time since {printable(node.why, REASON)}" if node.why else "",
    )
    return ", ".join(part for part in parts if part)
