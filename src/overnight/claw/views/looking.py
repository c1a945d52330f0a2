"""Looks how a claw is: its record, its settings, its process, and what its models cost today."""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from overnight.claw.channels.hearing import trouble_of
from overnight.claw.charter import Charter
from overnight.claw.events import SendChanged
from overnight.claw.minds.spent import label_of
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.process import claw_loop, claw_process
from overnight.claw.setup.parsing import read_charter
from overnight.claw.taint import is_tainted
from overnight.claw.views.status import ChannelLine, ClawStatus, ComesNext
from overnight.config import read_settings
from overnight.errors import OvernightError
from overnight.files.state_folder import state_folder
from overnight.jobs.entries import read_entry
from overnight.jobs.records import loops_folder
from overnight.jobs.schedule import zone_of
from overnight.models.spending.page import Spent, read_page
from overnight.operations.record import open_record
from overnight.operations.views import ApprovalEntry, entry_of
from overnight.words.foreign import printable

UNSENT = 1000  # that are counted
TRIES = 100  # the newest, among which is looked why
FOREIGN = "(words of others)"
NOISE = 200  # characters of a trouble
T = TypeVar("T")


def look(folder: Path, record: ClawRecord, *, reader: str | None = None) -> ClawStatus:
    """How it is; what cannot be read is named, and hides nothing else. `reader`: the member who looks, None: the owner."""
    troubles: list[str] = []
    charter = _read(lambda: read_charter(folder), troubles) or Charter()
    process = claw_process(folder)
    with record.store.reading() as db:
        waiting, turns = db.execute("SELECT COUNT(*) - COUNT(answered), COUNT(*) FROM causes").fetchone()
        facts = db.execute("SELECT COUNT(*) FROM facts WHERE superseded=0").fetchone()[0]
    comes = list(_coming(record, reader))
    return ClawStatus(
        claw=folder.name,
        folder=str(folder),
        process=process,
        doing=_doing(folder) if process else "",
        stopped=record.is_stopped,
        frozen=record.is_frozen,
        model=charter.model,
        zone=charter.zone,
        channels=[
            ChannelLine(name=each.name, use=each.use, trouble=_trouble(record, each.name, runs=process is not None))
            for each in charter.channels
        ],
        waiting=waiting,
        unsent=len(unsent := record.unsent(UNSENT)),
        unsent_why=_why_unsent(record, {send.key for _, send in unsent}),
        asks=(_read(lambda: asks_of(record), troubles) or ()) if reader is None else (),
        next=min(comes, key=lambda each: each.at, default=None),
        schedules=len(comes),
        facts=facts,
        turns=turns,
        today=_read(lambda: _spent(folder.name, charter.zone), troubles),
        tokens_a_day=charter.budget.tokens_a_day,
        usd_a_day=charter.budget.usd_a_day,
        troubles=troubles,
    )


def asks_of(record: ClawRecord) -> Sequence[ApprovalEntry]:
    """The questions of a claw to its owner that wait for an answer."""
    asked = {number for _, _, number in record.asked()}
    if not asked:
        return ()
    with open_record() as operations:
        return [entry_of(each, operations.now) for each in operations.pending() if each.number in asked]


def _trouble(record: ClawRecord, channel: str, *, runs: bool) -> str:
    """Why a channel is not heard; of a claw that nobody runs it is said elsewhere that it hears nothing."""
    return trouble_of(record, channel, now=time.time()) if runs else ""


def _why_unsent(record: ClawRecord, keys: set[str]) -> str:
    """Why the newest try to send one of these failed; empty if none did."""
    found = (entry.event for entry in record.newest_of(["send_changed"], TRIES))
    return next((each.why for each in found if isinstance(each, SendChanged) and each.key in keys and each.why), "")


def _read(find: Callable[[], T], troubles: list[str]) -> T | None:
    """What a look finds; None if it fails, and then why is added."""
    try:
        return find()
    except (OSError, OvernightError) as error:
        troubles.append(printable(str(error), NOISE))
        return None


def _coming(record: ClawRecord, reader: str | None) -> Iterator[ComesNext]:
    """The next time of each schedule that comes again; words of strangers are left to `claw schedule`, as minds read this."""
    for each in record.schedules():
        if each.next is not None and reader in (None, each.set.person):
            what = FOREIGN if is_tainted(each.set.origin) else record.text(each.set.text)
            yield ComesNext(schedule=each.number, at=each.next, what=what)


def _doing(folder: Path) -> str:
    entry = read_entry(loops_folder() / claw_loop(folder).key)
    return entry.present.doing if entry and entry.present else ""


def _spent(name: str, zone: str) -> Spent:
    """What the models of a claw cost today, by its clock."""
    rules = read_settings(os.environ, Path.home()).spending
    page = read_page(state_folder(), rules, days=2, by=("job",), clock=time.time)  # its day may begin before the account's
    today = label_of(name, f"{datetime.fromtimestamp(time.time(), zone_of(zone)):%Y-%m-%d}")
    return next((each.spent for each in page.by["job"] if each.name == today), Spent())
