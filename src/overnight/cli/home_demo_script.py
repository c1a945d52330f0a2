"""The demo of the home that plays by itself: what is answered to each sentence is compared with what the devices really are."""

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import anyio
import click

from overnight.claw.views.spoken import Spoken, SpokenKind
from overnight.cli.claw_screen import Screen

if TYPE_CHECKING:
    from overnight.home.twins.house import House

WAIT_S = 30.0  # for an answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A line that is said, and what must be so of its answer and of the devices."""

    say: str = ""  # empty: nothing, it is waited for what is said unasked
    takes: str = ""  # or the part of the newest answers that a person would type, as a pattern
    answers: str  # a part of the answer, as a pattern
    holds: Callable[["House"], bool] = lambda _: True
    before: Callable[["House"], None] | None = None  # what happens to the house first
    within_s: float = WAIT_S


def plays(house: "House") -> bool:
    """Whether the player really plays: it says so itself, and fetched bytes of the station."""
    return house.sonos.truth["playing"] == "playing" and sum(house.radio.sent.values()) > 0


def is_asleep(house: "House") -> bool:
    """Whether all of the scene is so."""
    truth = house.truth
    return not truth["Study lamp"]["on"] and not truth["Kitchen lights"]["on"] and truth["Living room shade"]["position"] == 0


def make_deaf(house: "House") -> None:
    """A lamp that acknowledges each command, and does nothing."""
    house.break_one("Study lamp", "deaf")


def target(degrees: float) -> Callable[["House"], bool]:
    """Whether the spa really has this target."""
    return lambda house: house.spa.truth["target"] == degrees


def steps(house: "House", *, sees: bool) -> Sequence[Step]:
    """All of them, as far as this machine can show them; `sees`: the detector of cameras is installed."""
    if not house.camera.scenes.keys() >= {"truck"}:
        return STEPS
    comes = r"delivery truck at drive.*\n.*/pictures/" if sees else r"something large moved: .*\.jpg"
    truck = Step(answers=comes, holds=lambda house: house.camera.truth["scene"] == "truck", within_s=60.0)
    judged = [Step(takes=r"Yes: (verdict \d+ yes)", answers=r"was right")] if sees else []
    return (*STEPS, truck, *judged)


STEPS: Sequence[Step] = (
    Step(say="can you find my Sonos?", answers=r"a Sonos player", holds=lambda house: not plays(house)),
    Step(say="call it study speaker in the study", answers=r"`study speaker` in study", holds=lambda house: not plays(house)),
    Step(say="play something in the study", answers=r"playing playing.*read back", holds=plays),
    Step(say="tell me when a delivery truck comes", answers=r"looking out for delivery truck at drive"),
    Step(
        say="turn on the study lamp", answers=r"on yes \(read back", holds=lambda house: house.truth["Study lamp"]["on"] is True
    ),
    Step(
        say="pause the music in the study",
        answers=r"playing paused \(read back",
        holds=lambda house: house.sonos.truth["playing"] == "paused",
    ),
    Step(say="sleepy time", answers=r"3 of 3 done \(read back", holds=is_asleep),
    Step(
        say="is the front door locked?",
        answers=r"front door: locked yes",
        holds=lambda house: house.truth["Front door"]["locked"] is True,
    ),
    Step(say="warm the spa to 38", answers=r"May I\?", holds=target(30)),
    Step(takes=r"  (approve \d+)", answers=r"target 38.*read back", holds=target(38)),
    Step(say="warm the spa to 45", answers=r"between", holds=target(38)),
    Step(
        say="turn on the study lamp",
        answers=r"did not do it",
        holds=lambda house: house.truth["Study lamp"]["on"] is False,
        before=make_deaf,
    ),
)


class Script(Screen):
    """A screen on which the demo types the sentences."""

    def __init__(self, house: "House", steps: Sequence[Step] = STEPS) -> None:
        super().__init__(as_json=False, asks=True)
        self._house, self._steps = house, steps
        self._lines: asyncio.Queue[str | None] | None = None
        self._said: list[str] = []  # since the newest line
        self._all: list[str] = []
        self._news = anyio.Event()
        self.wrong = 0
        self.is_over = False

    @property
    def code(self) -> int:
        """0 only if all was true."""
        return 0 if self.is_over and not self.wrong else 1

    @contextmanager
    def kept(self) -> Iterator[None]:
        """There is no terminal to leave as it was."""
        yield

    def read(self, lines: asyncio.Queue[str | None], history: Sequence[str]) -> None:  # noqa: ARG002  # there is none
        """The lines come from the script."""
        self._lines = lines
        self._news.set()

    def say(self, text: str) -> None:
        """Print what is no message, and look at it."""
        super().say(text)
        self._note(text)

    def show(self, spoken: Spoken) -> None:
        """Print a message, and look at it."""
        super().show(spoken)
        if spoken.kind is SpokenKind.MESSAGE:
            self._note(spoken.text)

    def _note(self, text: str) -> None:
        self._all.append(text)
        if self._said is not self._all:
            self._said.append(text)
        self._news.set()

    async def play(self) -> None:
        """Say all lines; then the talk is over."""
        while self._lines is None:
            await self._wait()
        for step in self._steps:
            await self._one(step, self._lines)
        self.is_over = True
        self._lines.put_nowait(None)

    async def _one(self, step: Step, lines: asyncio.Queue[str | None]) -> None:
        if step.before:
            step.before(self._house)
        offered = [found[1] for text in self._all for found in re.finditer(step.takes, text)] if step.takes else []
        line = offered[-1] if offered else step.say
        self._said = [] if line else self._all
        if line:
            click.echo(f"\n> {line}")
            lines.put_nowait(line)
        answered = False
        with anyio.move_on_after(step.within_s):
            while not (answered := any(re.search(step.answers, text) for text in self._said)):
                await self._wait()
        if not answered or not step.holds(self._house):
            self.wrong += 1
            why = "the devices are not so" if answered else f"no answer has `{step.answers}`"
            click.echo(f"  WRONG: {why}: {self._house.truth}")
            return
        click.echo("  (true of the devices)")

    async def _wait(self) -> None:
        await self._news.wait()
        self._news = anyio.Event()
