"""Whether a part of a frame looks as it did in an earlier one, whatever the light: what stood there before is no news.

Compared are the edges, so that what hides a part of it, or shines on it, changes only some of them.
Does not cover: what came to stand before something that looks like it.
"""

from typing import TYPE_CHECKING

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Pixels, cut

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

SIDE = 32  # pixels that both are made to have, so that noise and drops are evened out
EDGE = 40.0  # of Sobel's gradient: five steps of 255 from pixel to pixel
ALIKE, AS_STRONG = 0.8, 0.4  # cosine between two edges, and how much weaker one may be
AROUND = 0.1  # of the box, so that its outline is in it
SAME = 0.53  # of the edges; on rendered clips, 0.64 at least for what stood there, 0.42 at most for what came


def looks_same(before: Pixels, now: Pixels, box: Box) -> bool:
    """Whether most edges are in both."""
    import numpy as np

    if before.shape != now.shape:
        return False
    place = box.wider(AROUND)
    was, is_now = _gradients(cut(before, place)), _gradients(cut(now, place))
    strong = np.linalg.norm(was, axis=2), np.linalg.norm(is_now, axis=2)
    product, least, most = strong[0] * strong[1], np.minimum(*strong), np.maximum(*strong)
    alike = ((was * is_now).sum(axis=2) > ALIKE * product) & (least > AS_STRONG * most)
    edges = most > EDGE
    return bool(edges.any() and alike[edges].mean() >= SAME)


def _gradients(part: Pixels) -> "NDArray[np.float32]":
    import cv2
    import numpy as np

    grey = cv2.resize(cv2.cvtColor(part, cv2.COLOR_BGR2GRAY), (SIDE, SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    return np.dstack([cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1)]).astype(np.float32)
