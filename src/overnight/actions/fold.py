"""The one fold of the board over its events, at a cost that does not grow with the actions that there were. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import chain

from overnight.actions.action_fold import fold_action
from overnight.actions.events import DeliveryAsked, Event, Merged, TrunkNoted
from overnight.actions.state import ENDED, Action, Board, TrunkState, standing
from overnight.ledger.port import Recorded

KEPT_ENDED = 30  # actions that have ended and are on the board as a whole


def fold(board: Board, entry: Recorded[Event]) -> Board:
    """The board after an event; one of an action that is not known changes nothing."""
    return fold_all(board, (entry,))


def fold_all(board: Board, entries: Iterable[Recorded[Event]]) -> Board:
    """The board after some events, at the cost of one copy of it; the same one if there are none."""
    following = iter(entries)
    if (first := next(following, None)) is None:
        return board
    actions, still_open, trunks, seq, newest = dict(board.actions), dict(board.open), board.trunks, board.seq, board.newest
    deliveries = board.deliveries
    for entry in chain((first,), following):
        event, seq = entry.event, entry.seq
        if isinstance(event, TrunkNoted | Merged):
            trunks = _with_trunk(trunks, actions, event, entry.at)
        if isinstance(event, DeliveryAsked) and event.allows:
            deliveries |= {event.allows}
        known = actions.get(event.action)
        after = fold_action(known, entry)
        if after is None or after is known:
            continue
        newest = max(newest, event.action)
        if after.stage in ENDED:
            if still_open.pop(event.action, None):
                del actions[event.action]  # it comes last now
            actions[event.action] = after
        else:
            actions[event.action] = still_open[event.action] = after
    merged = _forget(actions, still_open, board.merged)
    return Board(actions=actions, open=still_open, trunks=trunks, deliveries=deliveries, merged=merged, newest=newest, seq=seq)


def _forget(actions: dict[int, Action], still_open: Mapping[int, Action], merged: frozenset[int]) -> frozenset[int]:
    """Let the actions go that ended longest ago and that nothing waits for; all that were merged of those that are gone."""
    if (many := len(actions) - len(still_open) - KEPT_ENDED) <= 0:
        return merged
    needed = {number for action in still_open.values() for number in action.request.after}
    ended = [number for number, action in actions.items() if action.stage in ENDED and number not in needed]
    old = {number: stands for number in ended[:many] if (stands := standing(number, actions, merged)) is not False}
    for number in old:
        del actions[number]
    return merged.union(number for number, stands in old.items() if stands)


def _with_trunk(
    trunks: Mapping[str, TrunkState], actions: Mapping[int, Action], event: TrunkNoted | Merged, at: float
) -> Mapping[str, TrunkState]:
    """How the integration branches stand after one was looked at, or has moved."""
    if isinstance(event, TrunkNoted):
        repo, broken = event.repo, event.broken
        old = trunks.get(repo, TrunkState(head=""))
        new = replace(old, head=event.head, held=event.held, apart=event.apart, broken=broken, said=event.said or old.said)
    elif (known := actions.get(event.action)) is None:
        return trunks
    else:
        repo = known.request.repo
        old = trunks.get(repo, TrunkState(head=""))
        broken = event.failing if event.parent else old.broken
        new = replace(old, head=event.commit, held="", broken=broken, last=event.action)
    since, after = (0.0, 0) if not broken else (old.since, old.after) if old.broken else (at, old.last)
    return {**trunks, repo: replace(new, since=since, after=after)}
