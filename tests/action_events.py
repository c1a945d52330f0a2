"""Events of actions for tests: one that was begun, coded, checked and reviewed, and the board of some events."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from overnight.actions.charter import Request, Role
from overnight.actions.events import Asked, Begun, Checked, Event, Reviewed, TurnBegun, TurnEnded
from overnight.actions.findings import CheckOutcome, Evidence, TurnOutcome
from overnight.actions.fold import fold
from overnight.actions.state import Board
from overnight.ledger.port import Recorded
from overnight.models.usage import Usage

BASE = "b" * 40
PASSED = CheckOutcome(command="make test", passed=True, wall_s=1.0)
EVIDENCE = Evidence(before=(PASSED,), after=(PASSED,), code=True)  # of code without a test
OUTCOME = TurnOutcome(
    text="It exports CSV.",
    usage=Usage(calls=2, input_tokens=1400, output_tokens=100, cost_usd=0.01),
    wall_s=60.0,
    agent="agent",
)


def commit_of(number: int, turn: int = 1) -> str:
    """The commit of a coder's turn."""
    return f"{number:02x}{turn:02x}" * 10


def begun_action(
    number: int,
    *,
    turn: int = 1,
    evidence: Evidence = EVIDENCE,
    outcome: TurnOutcome = OUTCOME,
    after: Sequence[int] = (),
    repo: str = "/nowhere/shop",
) -> Sequence[Event]:
    """An action from its request to its review; the first two events are the request and the begin."""
    request = Request(repo=repo, title=f"Action {number}", text=f"Action {number}\n\nDo it well.", after=after)
    commit = commit_of(number, turn)
    return [
        Asked(action=number, request=request, by="owner:terminal"),
        Begun(action=number, base=BASE, rules=""),
        TurnBegun(action=number, turn=turn, role=Role.CODER),
        TurnEnded(action=number, turn=turn, role=Role.CODER, outcome=outcome, commit=commit),
        Checked(action=number, commit=commit, evidence=evidence),
        Reviewed(action=number, commit=commit, findings=(), outcome=replace(outcome, usage=Usage())),
    ]


CHECKED = Checked(action=99, commit="", evidence=EVIDENCE)  # of an action that is not known: it changes nothing


def recorded(events: Iterable[Event], *, at: float = 1_700_000_000.0) -> Sequence[Recorded[Event]]:
    """Events as a ledger has them, a minute apart."""
    return [Recorded(seq=seq, at=at + 60.0 * seq, event=event, digest="") for seq, event in enumerate(events, start=1)]


def board_of(events: Iterable[Event]) -> Board:
    """The board that they fold to."""
    board = Board()
    for entry in recorded(events):
        board = fold(board, entry)
    return board
