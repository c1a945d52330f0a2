"""Renders clips as a camera at a house sends them, with what comes by in each: by a seed, always the same."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

import cv2
import numpy as np
from numpy.typing import NDArray
from vehicles import COLOURS, KINDS, Kind, Pixels, draw

from overnight.home.eyes.box import Box
from overnight.home.eyes.port import Frame
from overnight.home.twins.vehicles import Colour

WIDTH, HEIGHT, RATE = 640, 360, 5  # pixels, frames a second
BRAKES = 3.0  # m/s2
ROAD = 300.0  # pixels down, where vehicles stand
Light = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coming:
    """A thing that comes by; times in seconds of the clip."""

    kind: Kind
    colour: Colour
    at: float
    speed: float = 9.0  # m/s
    scale: float = 30.0  # pixels a metre
    turned: int = 1
    stop_at: float | None = None  # of the way, 0 to 1, where it stands
    stands_s: float = 12.0
    leaves: bool = True

    @property
    def way(self) -> float:
        """Pixels from out of sight to out of sight."""
        return WIDTH + 2 * self.kind.length * self.scale

    @property
    def until(self) -> float:
        """When it is out of sight."""
        if not self.leaves:
            return float("inf")
        stop = (self.stands_s + self.slow_s) if self.stop_at is not None else 0
        return self.at + self.way / (self.speed * self.scale) + stop

    @property
    def slow_s(self) -> float:
        """What braking and driving off again take longer than driving by."""
        return self.speed / BRAKES

    def place(self, second: float) -> float | None:
        """Where its left end is, in pixels; None: out of sight."""
        passed = second - self.at
        if passed < 0 or second > self.until:
            return None
        x = -self.kind.length * self.scale + self._driven(passed) * self.scale
        return x if self.turned > 0 else WIDTH - x - self.kind.length * self.scale

    def _driven(self, passed: float) -> float:
        """Its way, in metres."""
        if self.stop_at is None:
            return self.speed * passed
        stop, brakes_s = self.stop_at * self.way / self.scale, self.speed / BRAKES
        free_s = stop / self.speed - brakes_s / 2
        if passed < free_s:
            return self.speed * passed
        if passed < free_s + brakes_s:
            left_s = free_s + brakes_s - passed
            return stop - BRAKES * left_s**2 / 2
        after = passed - free_s - brakes_s - self.stands_s
        if after < 0 or not self.leaves:
            return stop
        return stop + (BRAKES * after**2 / 2 if after < brakes_s else self.speed * (after - brakes_s / 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Clip:
    """What is rendered."""

    name: str
    seed: int
    seconds: float
    coming: Sequence[Coming] = ()
    parked: Sequence[Coming] = ()  # all the time, at `stop_at`
    backdrop: int = 0
    light: float = 1.0  # of the day
    dusk: float = 0.0  # of the light that goes during the clip
    rain: int = 0  # drops in a frame
    clouds: bool = False
    branches: bool = False  # a tree's shadow in the wind
    sweeps: bool = False  # headlights of cars that are never seen
    photo: "Pixels | None" = field(default=None, repr=False)  # in place of a drawn backdrop

    @property
    def vehicles(self) -> Sequence[Coming]:
        """Those that come by and are no persons."""
        return [each for each in self.coming if each.kind.name != "person"]

    def delivers_at(self, box: Box, second: float) -> bool:
        """Whether a box is of a vehicle that delivers, and no other one."""
        return any(
            each.kind.delivers and box.overlap(place) > 0.3 for each in self.vehicles if (place := self.place(each, second))
        )

    def place(self, each: Coming, second: float) -> Box | None:
        """Where a vehicle is in the frame; None: out of sight."""
        if (x := each.place(second)) is None:
            return None
        left, right = max(0.0, x / WIDTH), min(1.0, (x + each.kind.length * each.scale) / WIDTH)
        return Box(left=left, right=right, top=(ROAD - each.kind.height * each.scale) / HEIGHT, bottom=ROAD / HEIGHT)

    def frames(self, start: float = 0.0) -> Iterator[Frame]:
        """Its frames, from a Unix time on."""
        random = np.random.default_rng(self.seed)
        still = self._still(random)
        for number in range(int(self.seconds * RATE)):
            second = number / RATE
            picture = still.copy()
            lamps = []
            for each in self.coming:
                if (x := each.place(second)) is not None:
                    draw(picture, each.kind, each.colour, x=x, y=ROAD, scale=each.scale, turned=each.turned)
                    lamps.append((each, x))
            yield Frame(pixels=self._lit(picture, second, lamps, random), at=start + second)

    def _still(self, random: np.random.Generator) -> Pixels:
        picture = backdrop(self.backdrop, random) if self.photo is None else self.photo.copy()
        for each in self.parked:
            x = (each.stop_at or 0.5) * WIDTH
            draw(picture, each.kind, each.colour, x=x, y=ROAD - 42, scale=each.scale * 0.8, turned=each.turned)
        return picture

    def _lit(
        self, picture: Pixels, second: float, lamps: Sequence[tuple[Coming, float]], random: np.random.Generator
    ) -> Pixels:
        light = np.full((HEIGHT, WIDTH), self.light * (1 - self.dusk * second / self.seconds), np.float32)
        if self.clouds:
            light *= 1 - 0.45 * _blob((second * 55) % 1400 - 300, 220, 190, 190)
        if self.branches:
            light *= _branches(second)
        glow = np.zeros((HEIGHT, WIDTH), np.float32)
        night = self.light < 0.5  # of the day
        if night:
            glow += 0.5 * _blob(150, 180, 110, 150)  # a street lamp
            for each, x in lamps:
                if each.kind.name != "person":
                    nose = x + (each.kind.length * each.scale if each.turned > 0 else 0)
                    glow += 1.3 * _blob(nose + each.turned * 75, ROAD - 8, 75, 22) + 2.5 * _blob(nose, ROAD - 28, 6, 6)
        if self.sweeps and (phase := second % 40) < 3:  # seconds that a sweep takes
            glow += 0.9 * _blob(-150 + phase * 330, 110, 120, 60)
        shown = picture.astype(np.float32) * (light + glow)[..., None] + 90 * np.clip(glow - 1.2, 0, None)[..., None]
        for _ in range(self.rain):
            left, top, length = (int(random.integers(low, high)) for low, high in ((0, WIDTH), (0, HEIGHT), (8, 22)))
            cv2.line(shown, (left, top), (left + 2, top + length), (205, 205, 205), 1, cv2.LINE_AA)
        noise = random.standard_normal((HEIGHT, WIDTH, 1), dtype=np.float32) * np.float32(6 if night else 3)
        shown = cv2.GaussianBlur(shown, (3, 3), 0) + noise
        packed = cv2.imencode(".jpg", np.clip(shown, 0, 255).astype(np.uint8), [cv2.IMWRITE_JPEG_QUALITY, 80])[1]
        return np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR), np.uint8)


def _blob(x: float, y: float, wide: float, high: float) -> Light:
    """A soft spot, 1 in its middle."""
    across = np.exp(-(((np.arange(WIDTH) - x) / wide) ** 2)).astype(np.float32)
    down = np.exp(-(((np.arange(HEIGHT) - y) / high) ** 2)).astype(np.float32)
    return np.outer(down, across).astype(np.float32)


def _branches(second: float) -> Light:
    """The shadow of a tree in the wind, with rather hard edges."""
    shadow = np.ones((HEIGHT, WIDTH), np.float32)
    for number in range(9):
        swing = 9 * np.sin(second * (1.1 + 0.13 * number) + number)
        middle = (430 + 18 * number + swing, 235 + 13 * (number % 5) + 0.5 * swing)
        cv2.ellipse(shadow, (int(middle[0]), int(middle[1])), (30, 11), 20 * number, 0, 360, 0.62, -1, cv2.LINE_AA)
    return np.asarray(cv2.GaussianBlur(shadow, (5, 5), 0), np.float32)


def backdrop(number: int, random: np.random.Generator) -> Pixels:
    """One of four: a house front, a garage, a hedge with trees, a brick wall with a gate."""
    picture = np.zeros((HEIGHT, WIDTH, 3), np.float32)
    picture[:130] = np.linspace((235, 205, 180), (215, 200, 190), 130)[:, None]
    picture[130:] = (104, 107, 108)
    match number % 4:
        case 0:
            cv2.rectangle(picture, (0, 50), (WIDTH, 190), (125, 155, 185), -1)
            for x in range(30, WIDTH, 120):
                cv2.rectangle(picture, (x, 80), (x + 50, 135), (90, 70, 60), -1)
                cv2.rectangle(picture, (x, 80), (x + 50, 135), (225, 228, 232), 2)
        case 1:
            cv2.rectangle(picture, (60, 40), (600, 190), (190, 200, 205), -1)
            cv2.fillPoly(picture, [np.array([(40, 42), (330, -40), (620, 42)], np.int32)], (60, 60, 130))
            for y in range(85, 190, 15):
                cv2.rectangle(picture, (340, y), (540, y + 12), (165, 170, 172), -1)
            cv2.rectangle(picture, (120, 80), (190, 190), (60, 80, 110), -1)
        case 2:
            cv2.rectangle(picture, (0, 110), (WIDTH, 195), (55, 110, 65), -1)
            for x, size in ((90, 70), (300, 55), (520, 80)):
                cv2.circle(picture, (x, 70), size, (50, 105, 60), -1, cv2.LINE_AA)
                cv2.rectangle(picture, (x - 6, 70 + size - 10), (x + 6, 190), (50, 70, 90), -1)
        case _:
            cv2.rectangle(picture, (0, 70), (WIDTH, 195), (75, 90, 150), -1)
            for y in range(70, 195, 10):
                for x in range(-(y // 10 % 2) * 12, WIDTH, 24):
                    cv2.rectangle(picture, (x, y), (x + 22, y + 8), (80, 100, 165), -1)
            cv2.rectangle(picture, (400, 90), (500, 195), (60, 60, 60), -1)
    cv2.rectangle(picture, (0, 190), (WIDTH, 215), (150, 155, 158), -1)
    cv2.rectangle(picture, (0, 213), (WIDTH, 216), (120, 122, 125), -1)
    grain = random.normal(0, 9, (HEIGHT, WIDTH, 1)) + cv2.resize(random.normal(0, 9, (45, 80)), (WIDTH, HEIGHT))[..., None]
    return np.clip(cv2.GaussianBlur(picture + grain, (3, 3), 0), 0, 255).astype(np.uint8)


def visits_set(seed: int = 7, photo: Pixels | None = None) -> Sequence[Clip]:
    """Clips in each of which vehicles come by, in all lights."""
    random = np.random.default_rng(seed)
    lights = {
        "day": Clip(name="", seed=0, seconds=0),
        "dusk": Clip(name="", seed=0, seconds=0, light=0.9, dusk=0.5),
        "night": Clip(name="", seed=0, seconds=0, light=0.3),
        "rain": Clip(name="", seed=0, seconds=0, light=0.75, rain=120),
        "shadows": Clip(name="", seed=0, seconds=0, clouds=True, branches=True),
        "parked": Clip(name="", seed=0, seconds=0, parked=(_parked(random, 0.1), _parked(random, 0.62))),
    }
    clips = list[Clip]()
    for light, base in lights.items():
        for number in range(8):
            coming = [
                _coming(random, 6.0, ("box truck", "van")[number % 2], stops=number % 4 < 2),
                _coming(random, 34.0, ("car", "pickup", "bus", "person")[number % 4], stops=number % 3 == 0),
            ]
            clips.append(
                replace(
                    base,
                    name=f"{light} {number}",
                    seed=int(random.integers(1 << 30)),
                    seconds=62,
                    coming=coming,
                    backdrop=number,
                    photo=photo if number == 7 else None,  # the last of each light
                )
            )
    return clips


def quiet_set(seed: int = 11, seconds: float = 600, photo: Pixels | None = None) -> Sequence[Clip]:
    """Clips in which no vehicle comes by, only light, weather, persons and what stands there."""
    random = np.random.default_rng(seed)
    kept = tuple(_parked(random, at) for at in (0.08, 0.6))
    walkers = [replace(_coming(random, 60.0 + 97 * n, "person", stops=False), speed=1.4) for n in range(5)]
    return [
        Clip(name="clouds and branches", seed=1, seconds=seconds, clouds=True, branches=True, parked=kept),
        Clip(name="rain", seed=2, seconds=seconds, light=0.75, rain=150, parked=kept, backdrop=1),
        Clip(name="night with headlights", seed=3, seconds=seconds, light=0.28, sweeps=True, parked=kept, backdrop=2),
        Clip(name="dusk", seed=4, seconds=seconds, light=1.0, dusk=0.75, parked=kept, backdrop=3),
        Clip(name="persons before parked cars", seed=5, seconds=seconds, parked=kept, coming=walkers),
        Clip(name="a photo's street", seed=6, seconds=seconds, clouds=True, coming=walkers[:2], photo=photo, backdrop=1),
    ]


def _coming(random: np.random.Generator, at: float, kind: str, *, stops: bool) -> Coming:
    return Coming(
        kind=KINDS[kind],
        colour=COLOURS[int(random.integers(len(COLOURS)))],
        at=at + float(random.uniform(0, 3)),
        speed=1.4 if kind == "person" else float(random.uniform(5, 11)),
        scale=float(random.uniform(22, 40)),
        turned=int(random.choice([-1, 1])),
        stop_at=float(random.uniform(0.4, 0.6)) if stops else None,
    )


def _parked(random: np.random.Generator, at: float) -> Coming:
    return Coming(kind=KINDS["car"], colour=COLOURS[int(random.integers(len(COLOURS)))], at=0, scale=34, stop_at=at)
