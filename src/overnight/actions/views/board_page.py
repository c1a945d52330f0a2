"""The board as a value: what needs a person, what flows, what waits and why, and how fast it goes. Pure."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice

from overnight.actions.state import ENDED, FLOWING, Action, Board, Stage, TrunkState
from overnight.actions.views.gathering import flags_of

DOING = {
    Stage.QUEUED: "begins as soon as there is room",
    Stage.PLANNING: "is being planned",
    Stage.RESEARCHING: "is being researched",
    Stage.CODING: "is being coded",
    Stage.CHECKING: "is being checked",
    Stage.REVIEWING: "is being reviewed",
    Stage.READY: "is put before you",
    Stage.WAITING: "waits for your word",
    Stage.MERGING: "is being merged",
    Stage.DELIVERING: "is merged, and being delivered",
    Stage.MERGED: "merged into overnight/main",
    Stage.DROPPED: "dropped",
    Stage.SPLIT: "is done by others",
}
LOOKED_AT = 10  # actions that the board holds no more, for each that may be listed: a caller may see few of them
BEGINS = "begins once what you committed meanwhile is checked and taken in"
_AGAIN = {"checks": "failing checks", "review": "a review", "person": "your words", "merge": "a merge that did not fit"}


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardLine:
    """One action on the board."""

    number: int
    title: str
    folder: str  # top of the repository's checkout
    repository: str  # its name
    stage: str  # queued, planning, researching, coding, checking, reviewing, ready, waiting, merging, ... as in `result`
    doing: str  # what happens to it now, or why nothing does
    is_result: bool  # there is a commit to judge
    flags: Sequence[str]  # what to look at before it is accepted
    commit: str
    turns: int  # of agents, begun
    tokens: int
    cost_usd: float
    by: str  # who asked
    asked_at: float  # Unix time, s
    changed_at: float  # Unix time, s


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPace:
    """The tokens a second of one role at one provider, input and output together."""

    role: str
    provider: str
    now_per_s: float  # over the last minute
    hour_per_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardProvider:
    """How a provider of models stands."""

    name: str
    standing: str
    why: str  # the newest failure; empty if it is ready
    wait_s: float | None  # until it is asked again; null: it is ready, or a person has to fix it


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardTrunk:
    """What a person should know of the branch overnight/main of a repository."""

    folder: str
    repository: str
    held: str  # why nothing can be merged into it now, and what to type; empty: it can
    apart: str  # which commits of the user's are not in it, why, and what to type; empty: none
    broken: Sequence[str]  # checks that fail on it
    since: float  # Unix time, s, when they were first seen to fail
    after: int  # the action that was merged last before; 0: none of ours


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPage:
    """What `board --json` prints."""

    needs_you: Sequence[BoardLine]  # the one that waits longest first
    flowing: Sequence[BoardLine]
    waiting: Sequence[BoardLine]  # in the order in which they begin
    ended: Sequence[BoardLine]  # the newest
    undelivered: Sequence[BoardLine]  # of those that ended, merged ones whose delivery waits for a person; `deliver` says why
    total: int  # actions that were ever asked for; of a face that does not serve all, those that it still lists
    process: int | None  # that runs the board; null: none does, and nothing goes on
    full: bool  # so many results wait for a person that no new action begins
    most_waiting: int  # results from which that is so
    at_once: int  # actions that may flow at the same time
    working: int  # that are worked on now
    tokens_per_s: float | None  # of all models over the last minute; null: nobody runs the board
    tokens_per_s_hour: float | None  # over the last hour
    paces: Sequence[BoardPace]  # the fastest first
    providers: Sequence[BoardProvider]
    slots: Mapping[str, float]  # shares of the slots' time in the last hour: "working", or what they waited for
    trunks: Sequence[BoardTrunk]  # those that a person should know something of


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardSigns:
    """What the process that runs the board says of itself."""

    process: int | None
    at_once: int
    most_waiting: int
    working: Sequence[int] = ()  # actions
    held: Mapping[int, str] = field(default_factory=dict)  # actions that could go on, and what each waits for
    doing: Mapping[int, str] = field(default_factory=dict)  # what the agents of actions do
    tokens_per_s: float | None = None
    tokens_per_s_hour: float | None = None
    paces: Sequence[BoardPace] = ()
    providers: Sequence[BoardProvider] = ()
    slots: Mapping[str, float] = field(default_factory=dict)


def make_board(
    board: Board,
    signs: BoardSigns,
    *,
    sees: Callable[[str], bool],
    name_of: Callable[[str], str],
    ended: int,
    forgotten: Iterable[Action] = (),
) -> BoardPage:
    """The board as one caller sees it, with the newest few that have ended; `forgotten` are those that it holds no more.

    `sees` and `name_of` are of repositories.
    """
    full = len(board.in_stage(Stage.WAITING)) >= signs.most_waiting
    seen = [action for action in board.open.values() if sees(action.request.repo)]
    over = [action for action in board.actions.values() if action.stage in ENDED and sees(action.request.repo)]
    newest = sorted(over, key=lambda action: -action.changed_at)[:ended]
    looked_at = islice(forgotten, LOOKED_AT * (ended - len(newest)))
    newest += islice((action for action in looked_at if sees(action.request.repo)), ended - len(newest))
    needs = sorted((action for action in seen if action.stage is Stage.WAITING), key=lambda action: action.ready_at)
    flowing = [action for action in seen if action.stage in FLOWING]
    waiting = [action for action in seen if action.stage is Stage.QUEUED]

    def lines(actions: Sequence[Action]) -> tuple[BoardLine, ...]:
        return tuple(_line(each, board, signs, name_of(each.request.repo), full=full) for each in actions)

    return BoardPage(
        needs_you=lines(needs),
        flowing=lines(flowing),
        waiting=lines(waiting),
        ended=lines(newest),
        undelivered=lines([action for action in over if action.merged and action.problem]),
        total=board.newest if len(seen) + len(over) == len(board.actions) else len(seen) + len(over),
        process=signs.process,
        full=full,
        most_waiting=signs.most_waiting,
        at_once=signs.at_once,
        working=len(signs.working),
        tokens_per_s=signs.tokens_per_s,
        tokens_per_s_hour=signs.tokens_per_s_hour,
        paces=signs.paces,
        providers=signs.providers,
        slots=signs.slots,
        trunks=tuple(_trunks(board.trunks, sees, name_of)),
    )


def _trunks(
    trunks: Mapping[str, TrunkState], sees: Callable[[str], bool], name_of: Callable[[str], str]
) -> Iterator[BoardTrunk]:
    for folder, trunk in trunks.items():
        if sees(folder) and (trunk.held or trunk.apart or trunk.broken):
            yield BoardTrunk(
                folder=folder,
                repository=name_of(folder),
                held=trunk.held,
                apart=trunk.apart,
                broken=trunk.broken,
                since=trunk.since,
                after=trunk.after,
            )


def _line(action: Action, board: Board, signs: BoardSigns, repository: str, *, full: bool) -> BoardLine:
    return BoardLine(
        number=action.number,
        title=action.request.title,
        folder=action.request.repo,
        repository=repository,
        stage=action.stage.value,
        doing=", ".join(_doing(action, board, signs, full=full)),
        is_result=action.stage is Stage.WAITING and bool(action.commit),
        flags=tuple(flags_of(action)),
        commit=action.commit,
        turns=action.turns,
        tokens=action.usage.tokens,
        cost_usd=action.usage.cost_usd,
        by=action.by,
        asked_at=action.asked_at,
        changed_at=action.changed_at,
    )


def _doing(action: Action, board: Board, signs: BoardSigns, *, full: bool) -> Iterator[str]:
    """What happens to it, or why nothing does."""
    stage = action.stage
    if stage is Stage.WAITING:
        yield action.waiting or DOING[stage]
    elif stage in ENDED:
        yield from _ending(action)
    elif signs.process is None:
        yield "nobody runs the board"
    elif action.number in signs.held and action.number not in signs.working:
        yield signs.held[action.number]
    elif stage is Stage.QUEUED and action.number in signs.working:
        yield BEGINS
    elif stage is Stage.QUEUED:
        yield _queued(action, board, full=full)
    else:
        yield signs.doing.get(action.number) or DOING[stage]
        if action.why_fix and stage is Stage.CODING:
            yield f"again, after {_AGAIN[action.why_fix]}"


def _ending(action: Action) -> Iterator[str]:
    """How it ended."""
    if action.stage is Stage.DROPPED and action.dropped:
        yield f"dropped: {action.dropped}"
    elif action.stage is Stage.SPLIT:
        yield f"is done by {', '.join(f'#{number}' for number in action.split_into)}"
    else:
        yield DOING[action.stage]
    if action.problem:
        yield f"not delivered: {action.problem}"
    elif action.delivered:
        yield f"delivered: {action.delivered}"


def _queued(action: Action, board: Board, *, full: bool) -> str:
    if left := [number for number in action.request.after if not board.standing(number)]:
        return f"after {', '.join(f'#{number}' for number in left)}"
    return "until you have judged a result" if full else DOING[Stage.QUEUED]
