"""Drawn pictures for a camera twin: a drive before a house, and a delivery truck that drives up. Needs OpenCV."""

from importlib.util import find_spec
from typing import Any

from overnight.home.twins.vehicles import Brush, box_truck

WIDTH, HEIGHT = 640, 360
GRASS, ROAD, WALL = (70, 120, 60), (110, 110, 115), (150, 170, 190)  # BGR
BODY = (60, 90, 160)
TRUCK_LENGTH = 6.6  # m
STEPS = 15  # frames until the truck stands


def drawn() -> dict[str, list[bytes]]:
    """The scenes `empty` and `truck`, as JPEG; nothing without OpenCV."""
    if find_spec("cv2") is None:
        return {}
    empty = [_jpeg(_drive(at)) for at in range(5)]
    arriving = [_jpeg(_with_truck(_drive(at), -300 + at * 30)) for at in range(STEPS)]
    standing = [_jpeg(_with_truck(_drive(at), -300 + STEPS * 30)) for at in range(5)]
    return {"empty": empty, "truck": arriving + standing * 60}  # it stands for a minute


def _drive(seed: int) -> Any:  # an array of OpenCV
    import cv2
    import numpy as np

    picture = np.full((HEIGHT, WIDTH, 3), GRASS, np.uint8)
    picture[:110] = (200, 190, 170)
    cv2.rectangle(picture, (380, 40), (620, 170), WALL, -1)
    cv2.rectangle(picture, (430, 80), (480, 170), (70, 60, 50), -1)
    picture[210:340] = ROAD
    noise = np.random.default_rng(seed).integers(-4, 5, picture.shape)
    return np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)


def _with_truck(picture: Any, left: int) -> Any:
    brush = Brush(canvas=picture, x=left, y=290, scale=42, turned=1)
    brush.shadow(TRUCK_LENGTH)
    box_truck(brush, BODY)
    return picture


def _jpeg(picture: Any) -> bytes:
    import cv2

    done, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 80])
    if not done:
        raise RuntimeError("OpenCV could not code a picture")
    return bytes(coded)
