"""A busy day of a claw, lived by processes that are killed: two channels, calls with effects, an approval, reminders.

Everything that is outside of the claw is a file, so that it outlives the kill: what was written to it and what it acknowledged,
what came out, and the effects of its calls.
"""

import json
import os
import random
import signal
import sqlite3
import sys
import time
import traceback
import types
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import anyio
import anyio.lowlevel

from overnight.claw import wiring
from overnight.claw.events import Paired
from overnight.claw.folders import claw_folder
from overnight.claw.port import Outgoing, Step, Turn, Wanted
from overnight.claw.record.record import ClawRecord
from overnight.claw.setup.making import Wishes, make_claw
from overnight.files.transaction import transaction
from overnight.ledger import store
from overnight.notices.port import Message
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Address, Kind
from overnight.operations.record import open_record
from overnight.operations.registry import operations, own_modules

NAME = "claw"
TELLER, MUTE = "teller", "mute"  # a channel that can be asked for a key, and one that cannot
OWNER = "77"
LOOK_S = 0.002
RANDOM_S = 0.01, 0.25  # of CPU that a process uses before a kill at random: it gets as far on a loaded machine
LATER_S = 21 * 60.0
Boundary = Callable[[], None]


def never() -> None:
    """No kill here."""


@dataclass
class KillAt:
    """Ends this process at its n-th boundary, as `kill -9` does."""

    number: int
    count: int = 0

    def __call__(self) -> None:
        self.count += 1
        if self.count == self.number:
            os.kill(os.getpid(), signal.SIGKILL)


@dataclass
class FileChat:
    """A channel whose other side is files."""

    folder: Path
    tells: bool
    boundary: Boundary = never

    def write(self, *messages: tuple[str, str]) -> None:
        """A person writes: an id and a text each."""
        with (self.folder / "in").open("a") as file:
            file.writelines(json.dumps(each) + "\n" for each in messages)

    def said(self) -> list[tuple[str, str]]:
        """What came out: key and text of each message."""
        return [(each["key"], each["text"]) for each in self._lines("out")]

    @property
    def waiting(self) -> list[tuple[str, str]]:
        """What was written and not acknowledged."""
        return [(id_, text) for id_, text in self._lines("in")[len(self._lines("acknowledged")) :]]

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Pass each on, and acknowledge it after that."""
        while True:
            for id_, text in self.waiting:
                self.boundary()
                take(Message(id=id_, sender=OWNER, text=text, at=time.time()))
                self.boundary()
                self._append("acknowledged", id_)
                await anyio.lowlevel.checkpoint()
            await anyio.sleep(LOOK_S)

    async def send(self, message: Outgoing) -> None:
        """Write it to the file."""
        self.boundary()
        self._append("out", {"key": message.key, "text": message.text})
        self.boundary()

    async def find(self, message: Outgoing) -> bool | None:
        """Whether it was sent, if this channel can tell."""
        return any(key == message.key for key, _ in self.said()) if self.tells else None

    def _lines(self, name: str) -> list[dict[str, str]]:
        path = self.folder / name
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def _append(self, name: str, value: object) -> None:
        with (self.folder / name).open("a") as file:
            file.write(json.dumps(value) + "\n")


class ToyMind:
    """Understands `mark X`, `blind X` and `burn X`, as what a person said to do."""

    name = "toys"

    async def think(self, turn: Turn) -> Step | None:
        """The call; then what came of it."""
        if turn.steps:
            return Step(say=" / ".join(f"{each.end}: {each.text}" for each in turn.results))
        word, _, what = turn.text.partition(" ")
        if word not in TOYS or not what:
            return None
        calls = [Wanted(operation=f"toy {word}", given={"text": each}, direct=True) for each in what.split()]
        return Step(calls=tuple(calls), origin=turn.origin)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToyInput:
    """What to do it with."""

    text: Annotated[str, Argument(about="A word.")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Toyed:
    """What was done."""

    text: str


TOYS = ("mark", "blind", "burn")  # read back; cannot be read back; needs an approval over these channels


def install_toys(effects: Path, boundary: Boundary) -> None:
    """Add operations whose effect is a line of a file."""
    modules = own_modules()
    assert isinstance(modules, dict)

    def act(word: str) -> Callable[[Context, ToyInput], Toyed]:
        def run(_context: Context, given: ToyInput) -> Toyed:
            boundary()
            if isinstance(boundary, KillAt):
                effects.with_name("effect_at").write_text(str(boundary.count))
            with effects.open("a") as file:
                file.write(f"{word} {given.text}\n")
            boundary()
            return Toyed(text=given.text)

        return run

    def look(word: str) -> Callable[[Context, ToyInput, Toyed | None], Settled]:
        def read_back(_context: Context, given: ToyInput, _found: Toyed | None) -> Settled:
            there = effects.exists() and f"{word} {given.text}" in effects.read_text().splitlines()
            return Settled.DONE if there else Settled.NOT_DONE

        return read_back

    for word in TOYS:
        module = types.ModuleType(f"toy_{word}")
        module.OPERATION = Operation(  # type: ignore[attr-defined]
            name=f"toy {word}",
            about="A toy.",
            input=ToyInput,
            output=Toyed,
            tier=Tier.IRREVERSIBLE if word == "burn" else Tier.REVERSIBLE,
            of_machine=True,
            run=act(word),
            render=lambda found: f"did {found.text}",
            read_back=None if word == "blind" else look(word),
        )
        sys.modules[module.__name__] = module
        modules[f"toy {word}"] = module.__name__


@dataclass
class Day:
    """One day in a folder of its own; the state folder is below it."""

    folder: Path
    boundary: Boundary = never
    chats: dict[str, FileChat] = field(init=False)

    def __post_init__(self) -> None:
        os.environ["XDG_STATE_HOME"] = str(self.folder / "state")
        self.chats = {
            name: FileChat(self.folder / name, tells=name == TELLER, boundary=self.boundary) for name in (TELLER, MUTE)
        }

    @property
    def effects(self) -> Path:
        """The effects of its calls, a line each."""
        return self.folder / "effects"

    def make(self, said: Sequence[tuple[str, str]]) -> None:
        """A claw whose owner has both channels, and what they write: channel and text each."""
        for chat in self.chats.values():
            chat.folder.mkdir(parents=True)
        make_claw(claw_folder(NAME), Wishes(name=NAME, zone="UTC"))
        with ClawRecord(claw_folder(NAME)) as record:
            record.append(*(Paired(address=Address(name, OWNER), person="owner", role=Kind.OWNER) for name in self.chats))
        for number, (channel, text) in enumerate(said):
            self.chats[channel].write((f"m{number}", text))

    def now(self) -> float:
        """Its clock, which goes on over kills."""
        return time.time() + (LATER_S if (self.folder / "later").exists() else 0.0)

    def live(self) -> None:
        """Do all that is to be done: what was written, what was approved, what is due 20 minutes later."""
        install_toys(self.effects, self.boundary)
        others, toy = wiring.make_minds, ToyMind()
        wiring.make_minds = lambda *given, **named: (toy, *others(*given, **named))
        commit_at(self.boundary)
        self._run()
        while _pending():  # one whose approval a kill used up is asked about again
            approve()
            self._run()
        (self.folder / "later").touch()
        self._run()

    def _run(self) -> None:
        with ClawRecord(claw_folder(NAME), clock=self.now) as record, record.store.lock():
            runner = wiring.make_runner(claw_folder(NAME), record, self.chats, say=lambda _: None)

            def is_over() -> bool:
                left = any(chat.waiting for chat in self.chats.values()) or record.unsent() or record.next_cause()
                return not left and len(record.asked()) == _pending()

            async def work() -> None:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(runner.run)
                    await anyio.sleep(LOOK_S)
                    while not is_over():  # noqa: ASYNC110  # the other side is files
                        await anyio.sleep(LOOK_S)
                    tasks.cancel_scope.cancel()

            anyio.run(work)


def approve() -> None:
    """The owner approves whatever waits."""
    with open_record() as operations:
        for each in operations.pending():
            operations.answer(each.number, granted=True, by="owner:terminal", address=None)


def _pending() -> int:
    with open_record() as operations:
        return len(operations.pending())


def commit_at(boundary: Boundary) -> None:
    """Make the moments before and after each commit boundaries."""

    @contextmanager
    def watched(db: sqlite3.Connection) -> Iterator[None]:
        with transaction(db):
            yield
            boundary()
        boundary()

    vars(store)["transaction"] = watched


def lived_by_processes(folder: Path, said: Sequence[tuple[str, str]], kills: Sequence[int]) -> int:
    """A day whose first process is killed at a boundary, the next one at another of its own, and so on; the last one's."""
    Day(folder).make(said)
    for kill_at in kills:
        child = os.fork()
        if child == 0:
            _in_child(folder, KillAt(kill_at))
        _, status = os.waitpid(child, 0)
        if not status:
            break
        if not (os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL):
            raise SystemExit(f"a process ended with {status}")
    else:
        _to_the_end(folder)
    return int((folder / "boundaries").read_text())


def _in_child(folder: Path, kill: KillAt) -> None:
    try:
        Day(folder, kill).live()
        (folder / "boundaries").write_text(str(kill.count))
        os._exit(0)
    except BaseException:  # noqa: BLE001  # the outermost of a process
        traceback.print_exc()
        os._exit(1)


def killed_at_random(folder: Path, batch: Sequence[tuple[str, str]], kills: int) -> int:
    """A day that goes on until its processes were killed so often: the batch is written again and again; how often."""
    day, chance, batches = Day(folder), random.Random(1), 0
    day.make(())
    list(operations())  # so that no child has to import them
    done = 0
    while done < kills:
        if not any(chat.waiting for chat in day.chats.values()) and _is_done():
            approve()
            for number, (channel, text) in enumerate(batch):
                day.chats[channel].write((f"m{batches * len(batch) + number}", f"{text}{batches}"))
            batches += 1
        after_s = chance.uniform(*RANDOM_S)
        child = os.fork()
        if child == 0:
            signal.setitimer(signal.ITIMER_PROF, after_s)  # nobody handles it, so it kills at once
            _in_child(folder, KillAt(0))
        _, status = os.waitpid(child, 0)
        if os.WIFEXITED(status) and status:
            raise SystemExit(f"a process ended with {status}")
        done += os.WIFSIGNALED(status)
    _to_the_end(folder)
    return batches


def _is_done() -> bool:
    with ClawRecord(claw_folder(NAME)) as record:
        return record.next_cause() is None


def _to_the_end(folder: Path) -> None:
    child = os.fork()
    if child == 0:
        _in_child(folder, KillAt(0))
    _, status = os.waitpid(child, 0)
    if status:
        raise SystemExit(f"a process ended with {status}")


if __name__ == "__main__":  # FOLDER KILLS MESSAGES: a day for each list of kills, in a folder of its own; or how many at random
    where, numbers, messages = Path(sys.argv[1]), json.loads(sys.argv[2]), json.loads(sys.argv[3])
    if isinstance(numbers, int):
        print(json.dumps(killed_at_random(where, messages, numbers)))  # noqa: T201
    else:
        print(json.dumps([lived_by_processes(where / "-".join(map(str, each)), messages, each) for each in numbers]))  # noqa: T201
