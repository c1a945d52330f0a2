"""What the process that runs the board says of itself, gathered from the files that it writes."""

import time
from pathlib import Path

from overnight.actions.roles.live import Live, read_live
from overnight.actions.views.board_now import read_now
from overnight.actions.views.board_page import BoardPace, BoardProvider, BoardSigns
from overnight.config import ActionSettings
from overnight.ledger.lock import holder


def read_signs(folder: Path | None) -> BoardSigns:
    """What it says now; `folder` is that of the record, None if there is none."""
    process, usual = holder(folder) if folder else None, ActionSettings()
    if folder is None or process is None:
        return BoardSigns(process=None, at_once=usual.at_once, most_waiting=usual.most_waiting)
    said, live, now = read_now(folder), read_live(folder), time.time()
    is_current = live.is_current(now)
    return BoardSigns(
        process=process,
        at_once=said.at_once if said else usual.at_once,
        most_waiting=said.most_waiting if said else usual.most_waiting,
        working=tuple(each.action for each in said.running) if said else (),
        held={each.action: each.words for each in said.held} if said else {},
        doing={each.action: f"{each.role} {each.doing}" for each in live.work} if is_current else {},
        tokens_per_s=live.tokens_per_s(now) if is_current else None,
        tokens_per_s_hour=live.hour_per_s(now) if is_current else None,
        paces=_paces(live, now) if is_current else (),
        providers=_providers(live) if is_current else (),
        slots=said.slots if said else {},
    )


def _paces(live: Live, now: float) -> tuple[BoardPace, ...]:
    both = dict.fromkeys((each.role, each.provider) for each in live.sums)
    paces = [
        BoardPace(
            role=role,
            provider=provider,
            now_per_s=live.tokens_per_s(now, role=role, provider=provider),
            hour_per_s=live.hour_per_s(now, role=role, provider=provider),
        )
        for role, provider in both
    ]
    return tuple(sorted(paces, key=lambda pace: -pace.hour_per_s))


def _providers(live: Live) -> tuple[BoardProvider, ...]:
    return tuple(
        BoardProvider(name=each.name, standing=each.standing, why=each.why, wait_s=each.wait_s) for each in live.providers
    )
