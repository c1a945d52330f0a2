"""Watches the cameras of the home that something is looked out for before, each in a task of its own.

A camera that does not answer is asked again, ever more seldom; that it is lost is recorded once.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import UTC, tzinfo

from anyio import CancelScope, create_task_group, sleep, to_thread
from anyio.abc import TaskGroup

from overnight.errors import UserError
from overnight.home.drivers.registry import opened
from overnight.home.events import Lost, Sighted
from overnight.home.extras import install_command
from overnight.home.eyes.confirming import Vision
from overnight.home.eyes.lookouts import Lookout
from overnight.home.eyes.port import Eyes, Frames
from overnight.home.eyes.scene import Scene
from overnight.home.eyes.weights import WEIGHTS, eyes_folder, known
from overnight.home.port import DeviceError
from overnight.home.record.record import HomeRecord
from overnight.home.record.sightings import KnownLookout, lookouts
from overnight.home.settings import HomeSettings
from overnight.home.sightings.judge import Judge, Sighting
from overnight.home.sightings.pictures import expire, keep
from overnight.home.sightings.vision import looking
from overnight.home.things import Device
from overnight.jobs.schedule import zone_of
from overnight.words.foreign import one_line

LOOK_S = 2.0  # between looks at what is asked for
SETTLE_S = 0.5
FIRST_WAIT_S, LONGEST_WAIT_S = 1.0, 60.0
EXPIRE_S = 3600.0  # between two deletions of old pictures
LOST_AFTER = 3  # tries
STALE_S = 60.0  # without a frame: what is learnt of the scene is forgotten

Told = Callable[[Device, Sighting, int], None]  # with the number of its event


class Cameras:
    """All that are watched, in one process."""

    def __init__(self, record: HomeRecord, eyes: Eyes, vision: Vision | None, told: Told, zone: tzinfo = UTC) -> None:
        self._record, self._eyes, self._vision, self._told, self._zone = record, eyes, vision, told, zone

    async def run(self) -> None:
        """Watch, until cancelled."""
        watched = dict[int, tuple[Sequence[KnownLookout], CancelScope]]()
        async with create_task_group() as tasks:
            while True:
                wanted = self._wanted()
                for number, (known, scope) in list(watched.items()):
                    if wanted.get(number) != known:
                        scope.cancel()
                        del watched[number]
                for number, known in wanted.items():
                    if number not in watched and (device := self._record.device(number)):
                        watched[number] = (known, self._start(tasks, device, known))
                await sleep(LOOK_S)

    def _wanted(self) -> dict[int, Sequence[KnownLookout]]:
        found = dict[int, list[KnownLookout]]()
        for each in lookouts(self._record):
            found.setdefault(each.device, []).append(each)
        usable = {device.number for device in self._record.devices() if device.alias}
        return {number: known for number, known in found.items() if number in usable}

    def _start(self, tasks: TaskGroup, device: Device, known: Sequence[KnownLookout]) -> CancelScope:
        scope = CancelScope()

        async def watch() -> None:
            with scope:
                await self._watch(device, known)

        tasks.start_soon(watch)
        return scope

    async def _watch(self, device: Device, known: Sequence[KnownLookout]) -> None:
        view = self.view(device, known)
        async with create_task_group() as tasks:
            tasks.start_soon(self._settle, view)
            await self._keep_looking(view)

    async def _keep_looking(self, view: "View") -> None:
        device, wait_s, failures = view.device, FIRST_WAIT_S, 0
        while True:
            before = time.time()
            try:
                async with opened(device) as driver:
                    await self.look(view, driver)  # type: ignore[arg-type]  # a camera's driver has frames
                why = "it ends its stream"
            except (DeviceError, UserError) as error:
                why = one_line(str(error), 200)
            if time.time() - before > STALE_S:
                wait_s, failures = FIRST_WAIT_S, 0
            if view.at and time.time() - view.at > STALE_S:
                self._forget(view)
            failures += 1
            if failures == LOST_AFTER:
                self._record.append(Lost(device=device.number, why=why))
            await sleep(wait_s)
            wait_s = min(LONGEST_WAIT_S, 2 * wait_s)

    def view(self, device: Device, known: Sequence[KnownLookout]) -> "View":
        """A camera, of which nothing was seen yet."""
        judges = [
            Judge(Lookout(number=each.number, camera=device.alias, what=each.what, hours=each.hours), self._vision, self._zone)
            for each in known
        ]
        return View(device=device, scene=self._scene(judges), judges=judges)

    def _scene(self, judges: "Sequence[Judge]", next_number: int = 1) -> Scene:
        wanted = frozenset[str]().union(*(judge.lookout.labels.perhaps for judge in judges))
        return Scene(self._eyes, wanted, next_number=next_number)

    def _forget(self, view: "View") -> None:
        """What was learnt of a scene that was not seen for long."""
        view.scene, view.at = self._scene(view.judges, view.scene.next_number), 0.0

    async def look(self, view: "View", source: Frames) -> None:
        """Look at a source's frames until it ends."""
        async with aclosing(source.frames()) as frames:
            async for frame in frames:
                view.at = frame.at
                for glimpse in await to_thread.run_sync(view.scene.look, frame):
                    for judge in view.judges:
                        judge.note(glimpse)

    async def _settle(self, view: "View") -> None:
        while True:
            await sleep(SETTLE_S)
            await self.settle(view, time.time())

    async def settle(self, view: "View", now: float) -> None:
        """Record and tell what is settled now."""
        for judge in view.judges:
            for sighting in await judge.settle(now):
                self._told(view.device, sighting, record_sighting(self._record, view.device, sighting))


@dataclass(slots=True, kw_only=True)
class View:
    """What one camera sees, and what is made of it."""

    device: Device
    scene: Scene
    judges: Sequence[Judge]
    at: float = 0.0  # of its newest frame, Unix time


async def watch(
    record: HomeRecord,
    settings: HomeSettings,
    environment: Mapping[str, str],
    *,
    told: Callable[[int], None],
    say: Callable[[str], None],
) -> None:
    """Watch all cameras until cancelled; `told` gets the number of each sighting that the owner is to know of.

    Raises:
        UserError: the detector is not there.
    """
    from overnight.home.eyes.detector import NanoDet

    if known(eyes_folder(record.folder)) is None:
        raise UserError("the detector of the cameras is not there", fix="overnight home eyes")
    try:
        eyes = NanoDet(eyes_folder(record.folder) / WEIGHTS)
    except ImportError as error:
        raise UserError(f"cameras need `{error.name}`", fix=install_command("cameras")) from error

    def tell(_device: Device, sighting: Sighting, number: int) -> None:
        if sighting.confirmed in ("yes", "detector"):
            told(number)

    async with looking(environment, cloud=settings.pictures_to_cloud) as found, create_task_group() as tasks:
        if found.vision is None:
            say(f"No vision model confirms what the detector finds: {found.why}")
        tasks.start_soon(_expire, record, settings.keep_pictures_days)
        await Cameras(record, eyes, found.vision, tell, zone_of(settings.zone)).run()


async def _expire(record: HomeRecord, days: float) -> None:
    while True:
        await to_thread.run_sync(expire, record.folder, days)
        await sleep(EXPIRE_S)


def record_sighting(record: HomeRecord, device: Device, sighting: Sighting) -> int:
    """Its event's number; the picture is kept, unless it shows nothing that was asked for."""
    wanted = sighting.confirmed != "no"
    return record.append(
        Sighted(
            device=device.number,
            lookout=sighting.lookout.number,
            label=sighting.label,
            confirmed=sighting.confirmed,
            seen=sighting.seen,
            picture=keep(record.folder, sighting.picture) if wanted else "",
            asked=sighting.asked,
        )
    )
