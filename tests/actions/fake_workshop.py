"""A workshop without git, jail or agents: what each step of an action comes to is scripted."""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from overnight.actions.board.runner import ActionRunner
from overnight.actions.charter import Request, Role, Rules
from overnight.actions.events import Begun, Delivered, Event, TurnCut
from overnight.actions.findings import CheckOutcome, Evidence, TurnOutcome
from overnight.actions.port import MergeTry, Order
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action
from overnight.actions.trunk.merging import Merging
from overnight.models.usage import Usage

GOOD = Evidence(after=(CheckOutcome(command="t", passed=True),))
SECRET = "t0p-secret"  # that the user has
Does = Callable[[Order], Awaitable[TurnOutcome]]


async def well(order: Order) -> TurnOutcome:
    """A turn that ends well."""
    return TurnOutcome(text=f"{order.role} did it", agent="fake")


@dataclass
class FakeWorkshop:
    """Implements `Workshop`, and the ports of its runners."""

    record: ActionRecord
    turns: dict[tuple[int, Role], Does] = field(default_factory=dict)  # else `well`
    rules: Rules = field(default_factory=Rules)
    begins: Callable[[Action], Begun] = lambda action: Begun(action=action.number, base="base", rules="")
    used: Usage = field(default_factory=Usage)  # by a turn that is cut off
    at_work: set[int] = field(default_factory=set)
    most: int = 0  # actions at work at a time
    trunk: "FakeTrunk" = field(init=False)

    def __post_init__(self) -> None:
        self.trunk = FakeTrunk()

    def recover(self) -> list[TurnCut]:
        under_way = [action for action in self.record.board().open.values() if action.open_turn]
        return [
            TurnCut(action=action.number, turn=action.turns, role=action.open_turn, why="killed")
            for action in under_way
            if action.open_turn
        ]

    def held(self, repo: str) -> str:
        return self.trunk.holds

    def scrub(self, text: str) -> str:
        return text.replace(SECRET, "(hidden)")

    async def begin(self, action: Action) -> Begun:
        return self.begins(action)

    @contextmanager
    def runner(self, action: Action, *, goes_on: Callable[[Action], bool]) -> Iterator[ActionRunner]:
        def note(event: Event) -> Action:
            return self.record.append(event).actions[action.number]

        self.at_work.add(action.number)
        self.most = max(self.most, len(self.at_work))
        known = self.record.board().trunks
        merging = Merging(
            rules=self.rules,
            checks=self,
            trunk=self.trunk,
            record=note,
            known=lambda: known.get(action.request.repo),
            alone=_alone,
        )
        try:
            yield ActionRunner(
                rules=self.rules,
                worker=self,
                checkout=self,
                checks=self,
                merging=merging,
                deliver=self.deliver,
                record=note,
                split=self.record.split,
                goes_on=goes_on,
                scrub=self.scrub,
                uncounted=lambda: self.used,
            )
        finally:
            self.at_work.discard(action.number)

    async def deliver(self, action: Action) -> Action:
        return self.record.append(Delivered(action=action.number, where="there")).actions[action.number]

    async def turn(self, order: Order) -> TurnOutcome:
        await anyio.lowlevel.checkpoint()
        return await self.turns.get((order.action, order.role), well)(order)

    def create(self, commit: str) -> Path:
        return Path("/nowhere") / commit

    def commit(self, folder: Path, *, base: str, action: int, turn: int, message: str) -> tuple[str, Sequence[str]]:
        return f"c{action}-{turn}", ()

    def remove(self, folder: Path) -> None:
        pass

    async def run(self, commit: str, commands: Sequence[str]) -> Sequence[CheckOutcome]:
        return ()

    async def evidence(self, *, base: str, commit: str, request: Request, rules: Rules) -> Evidence:
        return GOOD

    def changed(self, folder: Path, base: str) -> bool:
        return True

    def paths(self, commit: str) -> Sequence[str]:
        return ["f"]

    def diff(self, base: str, commit: str) -> str:
        return ""


@asynccontextmanager
async def _alone() -> AsyncIterator[None]:
    yield


@dataclass
class FakeTrunk:
    """A trunk on which everything fits."""

    at: str = "base"
    merges: list[int] = field(default_factory=list)
    holds: str = ""  # why it cannot be moved
    branch: str = "main"

    def head(self) -> str:
        return self.at

    def owners(self) -> str:
        return self.at

    def held(self) -> str:
        return self.holds

    def landed(self, *, action: int, commit: str) -> str:
        return f"m{action}" if action in self.merges else ""

    def merge(self, *, action: int, base: str, commit: str, message: str) -> MergeTry:
        return MergeTry(commit=f"m{action}", onto=self.at)

    def advance(self, *, old: str, new: str) -> bool:
        self.at = new
        self.merges.append(int(new.removeprefix("m")))
        return True

    def news(self) -> str:
        return ""

    def join(self, commit: str) -> MergeTry:
        return MergeTry(commit=commit, onto=self.at)

    def changed(self) -> str:
        return ""

    def rules(self, commit: str) -> str:
        return ""

    def text(self, commit: str, path: str) -> str:
        return ""

    def same_files(self, one: str, other: str) -> bool:
        return False

    def differing(self, one: str, other: str) -> Sequence[str]:
        return ()

    def leftovers(self, commit: str, *, conflicts: Sequence[str], beside: Sequence[str]) -> Sequence[str]:
        return ()


def ask(record: ActionRecord, count: int = 1, **more: object) -> list[int]:
    """Some actions, asked for."""
    request = Request(repo="/r", title="t", text="x", **more)  # type: ignore[arg-type]  # what a test says
    return [record.ask(request) for _ in range(count)]
