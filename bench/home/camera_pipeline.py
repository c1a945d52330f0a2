"""Measures the cameras on rendered clips: recall, messages with a vision script that errs, calls in an hour of quiet, CPU.

    python bench/home/camera_pipeline.py FOLDER [--photo FILE] [--quiet-s 600] [--only NAME] [--set visits|quiet]

FOLDER has the detector's weights (`overnight home eyes`). A photo makes one more backdrop.
"""

import argparse
import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from clips import HEIGHT, RATE, WIDTH, Clip, Coming, quiet_set, visits_set

from overnight.home.eyes.confirming import Confirmed
from overnight.home.eyes.decoding import decode, encode
from overnight.home.eyes.detector import NanoDet
from overnight.home.eyes.lookouts import Lookout
from overnight.home.eyes.port import Frame
from overnight.home.eyes.scene import Scene
from overnight.home.eyes.weights import WEIGHTS
from overnight.home.sightings.judge import Judge, Sighting
from overnight.models.pictures import Picture

ERRS = 0.1  # of the vision script's answers
NOON = 1_764_676_800.0  # when each clip begins, Unix time
AFTER_S = 3.0  # by which a visit may be seen after its vehicle left


@dataclass
class Script:
    """A vision model that errs, asked about one visit; it knows which vehicle that is."""

    random: np.random.Generator
    right: int = 0  # glimpses of what was asked for, less those of anything else
    calls: int = 0

    async def shows(self, picture: Picture, what: str) -> Confirmed:  # noqa: ARG002  # of the port
        self.calls += 1
        wrong = self.random.random() < ERRS
        return Confirmed.YES if (self.right > 0) != wrong else Confirmed.NO


@dataclass
class Found:
    """What a clip came to."""

    clip: Clip
    first_seen: dict[int, float] = field(default_factory=dict)  # of each visit, s of the clip
    sightings: list[Sighting] = field(default_factory=list)
    calls: int = 0
    detections: int = 0
    cpu_s: float = 0.0
    frames: int = 0

    def visits_of(self, each: Coming) -> list[int]:
        """Of one vehicle."""
        return [number for number, at in self.first_seen.items() if each.at - 0.5 <= at <= each.until + AFTER_S]

    def messages_of(self, each: Coming) -> int:
        """What the owner would be told while it is there."""
        return sum(each.at - 0.5 <= at.seen - NOON <= each.until + AFTER_S for at in self.sightings if at.confirmed == "yes")


async def look_at(clip: Clip, eyes: NanoDet) -> Found:
    """The whole pipeline, from JPEG to sightings."""
    random = np.random.default_rng(clip.seed)
    lookout = Lookout(number=1, camera="street", what="delivery truck")
    scene, found = Scene(eyes, lookout.labels.perhaps), Found(clip=clip)
    judges = dict[int, tuple[Judge, Script]]()  # one for each visit, whose script knows the truth about it
    settled = now = 0.0
    for shown in clip.frames(NOON):
        data, now = encode(shown.pixels), shown.at
        begun = time.process_time()
        glimpses = scene.look(Frame(pixels=decode(data), at=shown.at))
        for glimpse in glimpses:
            if glimpse.visit.number not in judges:
                script = Script(random=random)
                judges[glimpse.visit.number] = (Judge(lookout, script), script)
            judge, script = judges[glimpse.visit.number]
            script.right += 1 if clip.delivers_at(glimpse.visit.box, now - NOON) else -1
            judge.note(glimpse)
        if shown.at - settled >= 0.5:
            settled = shown.at
            for judge, _ in judges.values():
                found.sightings += await judge.settle(shown.at)
        found.cpu_s += time.process_time() - begun
        found.frames += 1
        for glimpse in glimpses:
            found.first_seen.setdefault(glimpse.visit.number, shown.at - NOON)
    for judge, script in judges.values():
        found.sightings += await judge.settle(now + 60)
        found.calls += script.calls
    found.detections = scene.detections
    return found


def say_visits(found: Sequence[Found]) -> None:
    """Recall, and messages."""
    vehicles = [(each, one) for each in found for one in each.clip.vehicles]
    missed = [f"{each.clip.name}: {one.kind.name}" for each, one in vehicles if not each.visits_of(one)]
    once = sum(len(each.visits_of(one)) == 1 for each, one in vehicles)
    print(f"vehicles {len(vehicles)}, found {len(vehicles) - len(missed)}, as one visit {once}; missed: {missed}")
    wanted = [each.messages_of(one) for each, one in vehicles if one.kind.delivers]
    others = [each.messages_of(one) for each, one in vehicles if not one.kind.delivers]
    counts = {number: wanted.count(number) for number in sorted(set(wanted))}
    print(f"delivery visits {len(wanted)}, by messages: {counts}; exactly one: {wanted.count(1) / max(1, len(wanted)):.3f}")
    print(f"other visits {len(others)}, with a message: {sum(map(bool, others))}")
    told = sum(wanted) + sum(others)
    print(f"precision of messages {sum(wanted) / max(1, told):.3f}; vision calls {sum(each.calls for each in found)}")


def say_quiet(found: Sequence[Found]) -> None:
    """Calls in quiet."""
    hours = sum(each.clip.seconds for each in found) / 3600
    calls, told = sum(each.calls for each in found), sum(s.confirmed == "yes" for each in found for s in each.sightings)
    visits = sum(len(each.first_seen) for each in found)
    print(f"quiet {hours:.2f} h: vision calls {calls} ({calls / hours:.2f} an hour), visits {visits}, messages {told}")


def say_cpu(found: Sequence[Found]) -> None:
    """CPU at five frames a second, decoding included."""
    for each in found:
        ms = each.cpu_s / each.frames * 1000
        print(
            f"  {each.clip.name:28} {ms:6.2f} ms a frame, {ms * RATE / 10:5.2f} % of a core, {each.detections:4} detections,"
            f" {len(each.first_seen)} visits of {len(each.clip.vehicles)}, {each.calls} calls",
            flush=True,
        )


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photo", type=Path)
    parser.add_argument("--quiet-s", type=float, default=600)
    parser.add_argument("--only", default="", help="clips with this in their name")
    parser.add_argument("--set", choices=("visits", "quiet", "both"), default="both")
    given = parser.parse_args()
    cv2.setNumThreads(1)
    photo = None
    if given.photo:
        photo = np.asarray(cv2.resize(decode(given.photo.read_bytes()), (WIDTH, HEIGHT)), np.uint8)
    eyes = NanoDet(given.folder / WEIGHTS)
    print(f"{WIDTH} x {HEIGHT} at {RATE} frames a second")
    sets = {
        "visits": (visits_set(photo=photo), say_visits),
        "quiet": (quiet_set(seconds=given.quiet_s, photo=photo), say_quiet),
    }
    for clips, say in [made for name, made in sets.items() if given.set in (name, "both")]:
        found = []
        for clip in clips:
            if given.only in clip.name:
                found.append(await look_at(clip, eyes))
                say_cpu(found[-1:])
                if len(found) % 8 == 0:
                    say(found)
        if len(found) % 8:
            say(found)


if __name__ == "__main__":
    asyncio.run(main())
