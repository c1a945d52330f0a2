"""Whether the machines of a name in the settings can be used: each joins as for a session, and says what it is."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import anyio

from overnight.errors import UserError
from overnight.jail.doctor import Probe
from overnight.jail.job import Limits
from overnight.machines.nodes.lost import NodeLost
from overnight.research.loop.machines import Arrival, Signs
from overnight.research.machines import Terms, find_machines, opened_machines
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration, listed

if TYPE_CHECKING:
    from overnight.machines.clusters.machine import Machine

PATIENCE_S = 120.0  # for which those that are awaited may take
SOON_S = 7 * 86400.0  # in which a certificate expires, and a person should know
NAME, WORDS = 100, 500  # characters
MOST = 20  # checks that are named


def probe_machines(name: str) -> Sequence[Probe]:
    """One probe for each machine, and for those that did not come; a mistake in the settings is the only one."""
    try:
        certificates = _certificates(find_machines(name))
        with TemporaryDirectory(prefix="overnight-") as folder:
            return [*certificates, *anyio.run(_probe, name, Path(folder))]
    except UserError as error:
        return [Probe(name=f"machines {printable(name, NAME)}", holds=False, detail=str(error.args[0]), fix=error.fix)]


def _certificates(machine: "Machine") -> Sequence[Probe]:
    """How long those of a scheduler that the user names are still good."""
    from overnight.machines.clusters.certificates import expires_in_s
    from overnight.machines.clusters.machine import RunningScheduler

    if not isinstance(machine.way, RunningScheduler) or machine.way.security is None:
        return ()
    left_s = expires_in_s(machine.way.security)
    detail = f"the first expires in {duration(left_s)}" if left_s > 0 else "one has expired"
    return [Probe(name="certificates", holds=left_s > SOON_S, detail=detail, fix="get new ones from who runs the scheduler")]


async def _probe(name: str, folder: Path) -> Sequence[Probe]:
    found: dict[str, Probe] = {}
    arrivals: dict[str, Arrival] = {}
    parts: list[Probe] = []
    news = anyio.Event()

    def arrived(arrival: Arrival) -> None:
        found[arrival.node], arrivals[arrival.node] = _arrived(arrival), arrival
        news.set()

    def lost(node: str, reason: str) -> None:
        found[node] = Probe(name=node, holds=False, detail=f"it came and went: {printable(reason, NAME)}", fix="")
        news.set()

    def refused(node: str, error: UserError) -> None:
        found[node] = Probe(name=node, holds=False, detail=str(error.args[0]), fix=error.fix)
        news.set()

    with opened_machines(name, Terms(session="doctor", limits=Limits()), folder) as machines:
        async with machines.watched(Signs(arrived=arrived, lost=lost, refused=refused)):
            with anyio.move_on_after(PATIENCE_S):
                while len(found) < machines.wanted:
                    await news.wait()
                    news = anyio.Event()
            for node in sorted(arrivals):
                with suppress(NodeLost):  # which is in the list
                    parts += _examined(node, await machines.examine(node))
        missing = machines.wanted - len(found)
    probes = [*(found[node] for node in sorted(found)), *parts, *_kinds(arrivals.values())]
    if missing > 0:
        detail = f"{counted(missing, 'machine')} of {machines.wanted} did not come within {PATIENCE_S:.0f} s"
        fix = "see that their workers start, as docs/machines.md says"
        probes.append(Probe(name="missing", holds=False, detail=detail, fix=fix))
    return probes


def _arrived(arrival: Arrival) -> Probe:
    facts = {name: value for name, value in arrival.facts.items() if value}
    told = ", ".join([counted(len(arrival.slots), "slot"), *(f"{name} {value}" for name, value in facts.items())])
    if arrival.trouble is None:
        return Probe(name=printable(arrival.node, NAME), holds=True, detail=told)
    detail = f"{printable(str(arrival.trouble.args[0]), NAME)}; {told}"
    return Probe(name=printable(arrival.node, NAME), holds=False, detail=detail, fix=arrival.trouble.fix)


def _examined(node: str, probes: Sequence[Probe]) -> Iterator[Probe]:
    """What does not hold on a machine; if all does, that."""
    name = printable(node, NAME)
    for probe in probes:
        if not probe.holds:
            told = printable(probe.detail, WORDS), printable(probe.fix, WORDS)
            yield Probe(name=f"{name}: {printable(probe.name, NAME)}", holds=False, detail=told[0], fix=told[1])
    if all(probe.holds for probe in probes):
        what = listed([printable(probe.name, NAME) for probe in probes], MOST)
        yield Probe(name=f"{name}: its jail", holds=True, detail=f"{counted(len(probes), 'check')} hold: {what}")


def _kinds(arrivals: Collection[Arrival]) -> Iterator[Probe]:
    """Whether all are of one kind; a session leaves the others out."""
    kinds: dict[str, list[str]] = {arrival.speed_class: [] for arrival in arrivals}
    for arrival in arrivals:
        kinds[arrival.speed_class].append(arrival.node)
    if len(kinds) > 1:
        detail = "; ".join(f"{kind}: {printable(listed(sorted(nodes), 5), NAME)}" for kind, nodes in kinds.items())
        fix = "make them alike, or give each kind a name of its own in the settings: a session uses the largest kind"
        yield Probe(name="one kind", holds=False, detail=detail, fix=fix)
