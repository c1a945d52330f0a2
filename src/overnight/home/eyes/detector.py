"""NanoDet on onnxruntime: finds COCO's 80 kinds of things in a picture; about 60 ms of a processor each.

Source: https://github.com/RangiLyu/nanodet (Apache-2.0): a distribution over distances from each cell to the four sides.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Pixels, Sight

SIDE = 416  # pixels of its input
CLASSES, STEPS = 80, 11  # of a distance's distribution
LEAST_SCORE = 0.25
SAME = 0.5  # overlap from which two boxes of one label are one thing
MEAN = np.array([103.53, 116.28, 123.675], np.float32)  # of what it was trained on, blue first
SPREAD = np.array([57.375, 57.12, 58.395], np.float32)

LABELS = tuple(
    "person bicycle car motorcycle airplane bus train truck boat traffic_light fire_hydrant stop_sign parking_meter bench bird"
    " cat dog horse sheep cow elephant bear zebra giraffe backpack umbrella handbag tie suitcase frisbee skis snowboard"
    " sports_ball kite baseball_bat baseball_glove skateboard surfboard tennis_racket bottle wine_glass cup fork knife spoon"
    " bowl banana apple sandwich orange broccoli carrot hot_dog pizza donut cake chair couch potted_plant bed dining_table"
    " toilet tv laptop mouse remote keyboard cell_phone microwave oven toaster sink refrigerator book clock vase scissors"
    " teddy_bear hair_drier toothbrush".replace("_", "-").split()
)


class NanoDet:
    """Eyes by a file of weights."""

    def __init__(self, weights: Path, *, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3  # errors alone
        self._session = onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name

    def find(self, pixels: Pixels) -> Sequence[Sight]:
        """What is in a picture, which is shrunk, never stretched."""
        picture, across, down = _square(pixels)
        outputs = self._session.run(None, {self._input: picture})
        boxes, scores, labels = _read([np.asarray(output[0], np.float32) for output in outputs])
        kept = _without_doubles(boxes, scores, labels)
        return tuple(
            Sight(
                label=LABELS[labels[at]],
                score=float(scores[at]),
                box=Box(
                    left=max(0.0, float(boxes[at, 0]) / across),
                    top=max(0.0, float(boxes[at, 1]) / down),
                    right=min(1.0, float(boxes[at, 2]) / across),
                    bottom=min(1.0, float(boxes[at, 3]) / down),
                ),
            )
            for at in kept
        )


def _square(pixels: Pixels) -> tuple[NDArray[np.float32], int, int]:
    """The network's input, with the pixels that the picture has of it, across and down."""
    import cv2

    height, width = pixels.shape[:2]
    scale = SIDE / max(height, width)
    across, down = max(1, round(width * scale)), max(1, round(height * scale))
    canvas = np.full((SIDE, SIDE, 3), 114, np.uint8)
    canvas[:down, :across] = cv2.resize(pixels, (across, down), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    values = (canvas.astype(np.float32) - MEAN) / SPREAD
    return np.ascontiguousarray(values.transpose(2, 0, 1)[None]), across, down


def _read(outputs: Sequence[NDArray[np.float32]]) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.int64]]:
    """Boxes in pixels, scores and labels of all cells that may hold something."""
    scores_of = {len(output): output for output in outputs if output.shape[1] == CLASSES}
    sides_of = {len(output): output for output in outputs if output.shape[1] == 4 * STEPS}
    boxes, scores, labels = [], [], []
    for cells, values in scores_of.items():
        best = values.max(1)
        likely = np.flatnonzero(best > LEAST_SCORE)
        across = round(cells**0.5)
        stride = SIDE / across
        odds = sides_of[cells][likely].reshape(-1, 4, STEPS)
        odds = np.exp(odds - odds.max(-1, keepdims=True))
        sides = (odds / odds.sum(-1, keepdims=True)) @ np.arange(STEPS, dtype=np.float32) * stride
        row, column = np.divmod(likely, across)
        x, y = (column + 0.5) * stride, (row + 0.5) * stride
        boxes.append(np.stack([x - sides[:, 0], y - sides[:, 1], x + sides[:, 2], y + sides[:, 3]], 1))
        scores.append(best[likely])
        labels.append(values[likely].argmax(1))
    return np.concatenate(boxes).astype(np.float32), np.concatenate(scores), np.concatenate(labels)


def _without_doubles(boxes: NDArray[np.float32], scores: NDArray[np.float32], labels: NDArray[np.int64]) -> Sequence[int]:
    """Which of them to keep, the surest first."""
    kept = list[int]()
    order = np.argsort(-scores)
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    while len(order):
        first, rest = int(order[0]), order[1:]
        kept.append(first)
        across = np.minimum(boxes[first, 2], boxes[rest, 2]) - np.maximum(boxes[first, 0], boxes[rest, 0])
        down = np.minimum(boxes[first, 3], boxes[rest, 3]) - np.maximum(boxes[first, 1], boxes[rest, 1])
        shared = np.clip(across, 0, None) * np.clip(down, 0, None)
        overlap = shared / (area[first] + area[rest] - shared + 1e-6)
        order = rest[(overlap <= SAME) | (labels[rest] != labels[first])]
    return kept
