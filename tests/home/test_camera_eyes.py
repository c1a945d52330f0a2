"""What a camera's frames come to: motion, visits, and what stood there before."""

from collections.abc import Sequence

import cv2
import numpy as np
from cameras import BLUE, ColourEyes, clip, passing, street, with_truck

from overnight.home.eyes.motion import MotionGate
from overnight.home.eyes.port import Frame, Pixels, Sight
from overnight.home.eyes.scene import Glimpse, Scene


def seen(frames: list[Frame], eyes: ColourEyes) -> list[Glimpse]:
    scene = Scene(eyes, frozenset({"truck", "car"}))
    return [glimpse for frame in frames for glimpse in scene.look(frame)]


def moving(frames: list[Frame]) -> int:
    gate = MotionGate()
    return sum(bool(gate.look(frame).boxes) for frame in frames)


def test_a_truck_that_comes_by_is_one_visit() -> None:
    """It is found several times, as one visit, where it is."""
    found = seen(clip(passing()), ColourEyes())
    assert {glimpse.visit.number for glimpse in found} == {1}
    assert len(found) >= 3
    assert found[0].visit.label == "truck"
    assert [glimpse.visit.box.centre[0] for glimpse in found] == sorted(glimpse.visit.box.centre[0] for glimpse in found)


def test_one_that_stands_and_leaves_is_still_one() -> None:
    """A stop that is longer than anything is followed out of sight does not make it two visits."""
    found = seen(clip(passing(stops=60)), ColourEyes())
    assert {glimpse.visit.number for glimpse in found} == {1}
    assert found[-1].visit.at - found[0].visit.at > 12


def test_two_trucks_are_two_visits() -> None:
    """One after the other has left."""
    found = seen(clip(passing() + passing()), ColourEyes())
    assert {glimpse.visit.number for glimpse in found} == {1, 2}


def test_what_stood_there_before_is_no_visit() -> None:
    """A parked truck is not announced when something moves before it, nor when it drives off."""
    parked = with_truck(street(), 150.0)
    before = clip([None] * 15, still=parked)
    walker = [with_truck(parked, x, colour=BLUE) for x in range(-80, 320, 15)]
    frames = [*before, *(Frame(pixels=picture, at=1003 + n / 5) for n, picture in enumerate(walker))]
    leaving = clip([150.0 + 12 * n for n in range(15)], start=1020)
    eyes = ColourEyes()
    assert not seen([*frames, *clip([None] * 20, still=parked, start=1010), *leaving], eyes)
    assert eyes.calls > 3


class SeldomEyes(ColourEyes):
    """Finds a parked truck only in a picture in which something blue is, too."""

    def find(self, pixels: Pixels) -> Sequence[Sight]:
        return super().find(pixels) if (pixels == BLUE).all(axis=2).any() else ()


def test_what_a_detector_missed_before_is_no_visit() -> None:
    """A parked truck that is found for the first time while a fence is carried past it looks as it did before."""
    parked = with_truck(street(), 150.0)
    carried = [cv2.rectangle(parked.copy(), (x, 70), (x + 110, 140), BLUE, 2) for x in range(-80, 320, 15)]
    frames = [Frame(pixels=np.asarray(picture, np.uint8), at=1003 + n / 5) for n, picture in enumerate(carried)]
    eyes = SeldomEyes()
    assert not seen([*clip([None] * 15, still=parked), *frames], eyes)
    assert eyes.calls > 3
    assert seen([*clip([None] * 15), *frames], SeldomEyes()), "one that did not stand there is a visit"


def test_light_and_weather_are_no_motion() -> None:
    """Neither dusk, nor a cloud, nor rain, nor a lamp switched on."""
    still, random = street().astype(np.float32), np.random.default_rng(2)
    grain = [random.normal(0, 2, still.shape) for _ in range(8)]
    across = np.arange(320)

    def frames(light: list[np.ndarray]) -> list[Frame]:
        shown = [np.clip(still * each + grain[n % 8], 0, 255).astype(np.uint8) for n, each in enumerate(light)]
        return [Frame(pixels=picture, at=1000 + n / 5) for n, picture in enumerate(shown)]

    dusk = [np.full((180, 320, 1), 1 - 0.7 * n / 120) for n in range(120)]
    cloud = [(1 - 0.4 * np.exp(-(((across - 5 * n + 100) / 90) ** 2)))[None, :, None] for n in range(80)]
    lamp = [np.full((180, 320, 1), 1.0 if n < 20 else 1.6) for n in range(40)]
    assert moving(frames(dusk)) == 0
    assert moving(frames(cloud)) == 0
    assert moving(frames(lamp)) <= 1
    rain = frames([np.ones((180, 320, 1))] * 60)
    for frame in rain:
        for _ in range(40):
            x, y = int(random.integers(0, 318)), int(random.integers(0, 170))
            drop = frame.pixels[y : y + 9, x : x + 1]
            drop += (210 - drop) // 2
    assert moving(rain) <= 2


def test_without_motion_the_detector_is_not_asked() -> None:
    """A quiet street costs no call of it."""
    eyes = ColourEyes()
    assert not seen(clip([None] * 100), eyes)
    assert eyes.calls == 0
