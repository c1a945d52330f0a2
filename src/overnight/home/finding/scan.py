"""A scan of one subnet: who is alive, which ports are open and what is announced, side by side; then what each is.

It reads only. Bounded in time, whatever the network answers; what was found by then is found.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.util import find_spec

from overnight.errors import UserError
from overnight.home.drivers.registry import families, look
from overnight.home.extras import MissingLibrary, install_command
from overnight.home.finding.fingerprints import Match, ask_host, best, by_answers, read_descriptions
from overnight.home.finding.kinds import BY_NAME, SERVICES, TARGETS, Kind
from overnight.home.finding.neighbours import neighbours
from overnight.home.finding.ports import PORTS, Connector
from overnight.home.finding.questions import Questions
from overnight.home.finding.searches import Bulbs, Heard, search_all, searches
from overnight.home.finding.subnets import Link, Network
from overnight.home.port import DeviceError, Found
from overnight.home.things import Device, Neighbour
from overnight.words.foreign import printable

WITHIN_S = 30.0  # for all of it
LOOK_S = 15.0  # for looking, before what is there is put together
DRIVER_S = 3.0  # for a driver to say what its device is
HOSTS_AT_ONCE = 48
SHOWN = 80  # characters of what a device says
PARTS = frozenset(
    {"ieee", "endpoint", "part", "resource", "entity", "mac"}
)  # options that are of one device of several at an address
Place = tuple[str, Mapping[str, str]]  # the address of a device with its port, and what its driver needs


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to look for, and where."""

    subnet: Network
    link: Link
    kind: Kind | None = None  # None: all
    known: Mapping[tuple[str, str], Sequence[Place]] = field(default_factory=dict)  # by family and host


@dataclass(slots=True, kw_only=True)
class Sighting:
    """A neighbour, and its devices by the driver of its family."""

    neighbour: Neighbour
    found: Sequence[Found] = ()


@dataclass(slots=True, kw_only=True)
class Findings:
    """What a scan found so far."""

    sightings: list[Sighting] = field(default_factory=list)
    hosts: int = 0  # that answered so far
    alive: int = 0
    done: int = 0  # of them that were looked at
    dropped: int = 0  # answers that were too many, or not from the subnet
    skipped: list[str] = field(default_factory=list)  # searches that this machine cannot carry out
    is_complete: bool = False


@dataclass(slots=True, kw_only=True)
class _Host:
    mac: str = ""  # empty: it is this machine, or was not seen
    ports: Sequence[int] = ()
    matches: list[Match] = field(default_factory=list)


def find_kind(name: str) -> Kind:
    """The kind of a name.

    Raises:
        UserError: there is none.
    """
    key = name.strip().lower()
    if key not in BY_NAME:
        raise UserError(f"`{printable(name, SHOWN)}` is no kind of device", fix=f"one of {', '.join(sorted(BY_NAME))}")
    return BY_NAME[key]


def known_places(devices: Iterable[Device]) -> Mapping[tuple[str, str], Sequence[Place]]:
    """Where devices are that were added, with the options that the owner gave them."""
    found: dict[tuple[str, str], list[Place]] = {}
    for device in devices:
        options = {name: value for name, value in device.options.items() if name not in PARTS}
        places = found.setdefault((device.family, device.address.partition(":")[0]), [])
        if (device.address, options) not in places:
            places.append((device.address, options))
    return found


async def scan(plan: Plan, findings: Findings, say: Callable[[Findings], None]) -> None:
    """Look; what was found by then is in `findings`, also if it is cancelled."""
    import anyio

    async with Questions() as asked:
        running = _Scan(plan, findings, say, asked)
        try:
            with anyio.move_on_after(WITHIN_S):
                findings.is_complete = await running.run()
        finally:
            running.finish()


class _Scan:
    def __init__(self, plan: Plan, findings: Findings, say: Callable[[Findings], None], asked: Questions) -> None:
        import anyio

        self._plan, self._findings, self._say, self._asked = plan, findings, say, asked
        self._hosts: dict[str, _Host] = {}
        self._heard = Heard(subnet=plan.subnet)
        self._ports = tuple(dict.fromkeys((*plan.kind.ports, *plan.kind.by_port))) if plan.kind else PORTS
        self._connector = Connector(plan.link)
        self._looked: dict[tuple[str, str], Sequence[Found]] = {}
        self._bulbs = Bulbs(plan.link, self._heard)
        self._limit = anyio.CapacityLimiter(HOSTS_AT_ONCE)

    async def run(self) -> bool:
        """All steps; whether there was time to look at every host."""
        import anyio

        kind = self._plan.kind
        services = kind.services if kind else SERVICES
        targets = TARGETS if kind is None or kind.targets else ()
        if services and not self._plan.link.is_loopback and find_spec("zeroconf") is None:
            self._findings.skipped.append(f"mDNS: {install_command('home')}")
            services = ()
        wanted = searches(services, targets, cameras=kind is None or kind.name == "camera")
        await self._connector.prepare(self._ports)
        async with anyio.create_task_group() as tasks:
            tasks.cancel_scope.deadline = anyio.current_time() + LOOK_S  # so that time is left for what is there
            tasks.start_soon(search_all, self._plan.link, self._heard, wanted)
            async for address, mac in neighbours(self._plan.link, self._plan.subnet):
                self._hosts[address] = _Host(mac=mac)
                self._findings.hosts = len(self._hosts)
                self._say(self._findings)
                tasks.start_soon(self._knock, address)
        in_time = not tasks.cancel_scope.cancel_called
        self._bulbs.read()
        async with anyio.create_task_group() as tasks:
            for address in self._heard.answers:  # those that answered a search are alive, also if their MAC was not seen
                self._hosts.setdefault(address, _Host())
            self._findings.hosts = len(self._hosts)
            for address in list(self._hosts):
                tasks.start_soon(self._conclude, address)
        return in_time

    async def _knock(self, address: str) -> None:
        host = self._hosts[address]
        async with self._limit:
            if self._plan.kind in (None, BY_NAME["lifx"]):
                self._bulbs.ask(address)
            host.ports = await self._connector.open_ports(address, self._ports)
            if host.ports:
                await ask_host(self._asked, address, host.ports, self._plan.kind, host.matches)
            for match in host.matches:
                await self._look(match)
        self._findings.done += 1
        self._say(self._findings)

    async def _conclude(self, address: str) -> None:
        host = self._hosts[address]
        async with self._limit:
            if host.ports and not any(match.kind.is_own for match in host.matches):
                host.matches += await read_descriptions(self._asked, address, self._heard.of(address))
            for match in self._matches(address):
                await self._look(match)
        self._put(address)

    def finish(self) -> None:
        """Put what is left into the findings."""
        self._bulbs.close()
        for address in list(self._hosts):
            self._put(address)
        self._findings.dropped = self._heard.dropped

    def _put(self, address: str) -> None:
        """Take a host into the findings, which is done with then."""
        host, answers = self._hosts.pop(address), self._heard.of(address)
        found = self._matches(address, host)
        for match in found:
            devices = self._looked.get((match.kind.name, match.address), ())
            neighbour = _neighbour(match, host, [each.description.identity for each in devices])
            self._findings.sightings.append(Sighting(neighbour=neighbour, found=devices))
        is_alive = bool(found or answers or host.ports or host.mac)
        if is_alive and not found and not self._plan.kind and address != self._plan.link.own:
            self._findings.sightings.append(Sighting(neighbour=_unknown(address, host)))
        self._findings.alive += is_alive

    def _matches(self, address: str, host: _Host | None = None) -> Sequence[Match]:
        """What a host is, as far as that is looked for."""
        host = host or self._hosts[address]
        found = best([*host.matches, *by_answers(address, host.ports, self._heard.of(address))])
        if address == self._plan.link.own:  # this machine, which may run a broker or Home Assistant
            found = [match for match in found if match.kind.is_own]
        return [match for match in found if self._plan.kind in (None, match.kind)]

    async def _look(self, match: Match) -> Sequence[Found]:
        """What the driver of a match's family says, if there is one and it has what it needs."""
        import anyio

        place = (match.kind.name, match.address)
        if place in self._looked:
            return self._looked[place]
        usual: Sequence[Place] = [] if match.kind.adding else [(match.address, {})]
        found: list[Found] = []
        for family in sorted({match.kind.family, *match.kind.others} & set(families())):
            for address, options in self._plan.known.get((family, match.address.partition(":")[0]), usual):
                with anyio.move_on_after(DRIVER_S):
                    try:
                        found += await look(family, address, options)
                    except MissingLibrary as missing:
                        if (why := str(missing)) not in self._findings.skipped:
                            self._findings.skipped.append(why)
                    except (DeviceError, UserError):
                        continue
        self._looked[place] = found
        return found


def _neighbour(match: Match, host: _Host, identities: Sequence[str]) -> Neighbour:
    key = (identities[0] if len(identities) == 1 else "") or match.key or host.mac or match.address
    return Neighbour(
        key=printable(key, SHOWN),
        address=match.address,
        mac=host.mac,
        kind=match.kind.name,
        name=printable(match.name, SHOWN),
        maker=printable(match.maker, SHOWN),
        model=printable(match.model, SHOWN),
        ports=tuple(host.ports),
    )


def _unknown(address: str, host: _Host) -> Neighbour:
    return Neighbour(key=host.mac or address, address=address, mac=host.mac, kind="unknown", ports=tuple(host.ports))
