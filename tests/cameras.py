"""Cameras for tests: small made streets, a server that shows them, and eyes that know a colour."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import cv2
import numpy as np

from overnight.home.eyes.box import Box
from overnight.home.eyes.confirming import Confirmed
from overnight.home.eyes.port import Frame, Pixels, Sight
from overnight.models.pictures import Picture

WIDTH, HEIGHT, RATE = 320, 180, 5
RED, BLUE = (30, 30, 220), (220, 60, 30)


def street(seed: int = 3) -> Pixels:
    """A quiet one, with some texture."""
    rough = np.random.default_rng(seed).integers(70, 130, (18, 32, 3)).astype(np.uint8)
    return np.asarray(cv2.resize(rough, (WIDTH, HEIGHT)), np.uint8)


def with_truck(picture: Pixels, left: float, *, colour: tuple[int, int, int] = RED) -> Pixels:
    """The same with a truck whose tail is at this pixel."""
    shown = picture.copy()
    x = round(left)
    cv2.rectangle(shown, (x, 90), (x + 60, 130), colour, -1)
    cv2.rectangle(shown, (x + 62, 105), (x + 80, 130), colour, -1)
    return shown


def clip(
    places: Sequence[float | None], *, start: float = 1000.0, noise: float = 2.0, still: "Pixels | None" = None
) -> list[Frame]:
    """A frame for each place of a truck; None: there is none."""
    still = street() if still is None else still
    grain = [np.random.default_rng(seed).normal(0, noise, still.shape) for seed in range(8)]
    frames = []
    for number, place in enumerate(places):
        shown = still if place is None else with_truck(still, place)
        noisy = np.clip(shown + grain[number % len(grain)], 0, 255).astype(np.uint8)
        frames.append(Frame(pixels=noisy, at=start + number / RATE))
    return frames


def passing(*, stops: int = 0) -> list[float | None]:
    """A truck comes after two seconds, perhaps stands for some frames, and leaves."""
    way = [float(x) for x in range(-80, WIDTH + 1, 20)]
    return [None] * 12 + way[:10] + [way[9]] * stops + way[10:] + [None] * 30


class ColourEyes:
    """Take what is red for a truck; implements `Eyes`."""

    def __init__(self, label: str = "truck", score: float = 0.6) -> None:
        self.label, self.score, self.calls = label, score, 0

    def find(self, pixels: Pixels) -> Sequence[Sight]:
        self.calls += 1
        mask = ((pixels[..., 2] > 150) & (pixels[..., 0] < 90)).astype(np.uint8)
        height, width = mask.shape
        count, _, found, _ = cv2.connectedComponentsWithStats(
            cv2.morphologyEx(mask, cv2.MORPH_CLOSE, np.ones((9, 9), np.uint8))
        )
        sights = []
        for left, top, across, down, area in found[1:count].tolist():
            if area > 150:
                box = Box(left=left / width, top=top / height, right=(left + across) / width, bottom=(top + down) / height)
                sights.append(Sight(label=self.label, score=self.score, box=box))
        return sights


class ScriptedVision:
    """Answers in turn; implements `Vision`."""

    def __init__(self, *answers: Confirmed | None) -> None:
        self._answers = list(answers)
        self.asked: list[tuple[str, Picture]] = []

    async def shows(self, picture: Picture, what: str) -> Confirmed | None:
        self.asked.append((what, picture))
        return self._answers.pop(0) if self._answers else Confirmed.YES


def jpeg(pixels: Pixels) -> bytes:
    return bytes(cv2.imencode(".jpg", pixels)[1])


Answer = Callable[[BaseHTTPRequestHandler], None]


@contextmanager
def camera_server(answer: Answer) -> Iterator[str]:
    """A server that answers each request so; its address."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            self.close_connection = True
            with suppress(OSError):  # the other side has left
                answer(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its signature
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def shows(data: bytes, *, kind: str = "image/jpeg") -> Answer:
    """Answers with one picture."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", kind)
        request.send_header("Content-Length", str(len(data)))
        request.end_headers()
        request.wfile.write(data)

    return answer


def streams(pictures: Sequence[bytes], *, every_s: float = 0.2, lengths: bool = True) -> Answer:
    """Answers with a stream of them."""

    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        request.end_headers()
        for picture in pictures:
            length = f"Content-Length: {len(picture)}\r\n" if lengths else ""
            request.wfile.write(f"--frame\r\nContent-Type: image/jpeg\r\n{length}\r\n".encode() + picture + b"\r\n")
            time.sleep(every_s)

    return answer
