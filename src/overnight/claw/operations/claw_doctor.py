"""Whether a claw can do its work: a look at everything it needs, with a round trip on each channel and to each model."""

import os
import pwd
import shutil
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from overnight.claw.channels.health import Sounded
from overnight.claw.channels.hearing import trouble_of
from overnight.claw.channels.registry import open_chats
from overnight.claw.charter import Charter, after
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.port import Chat
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.process import claw_process
from overnight.claw.setup.parsing import read_charter
from overnight.errors import OvernightError
from overnight.jobs.systemd import start_words
from overnight.notices.port import Deaf
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Kind
from overnight.secrets.broker import user_broker
from overnight.words.foreign import one_line, printable

ROOM = 64 * 2**20  # bytes that a disk should have
EARLY = 1_700_000_000  # Unix time: a clock before it was never set
LINE = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorInput:
    """Of which claw."""

    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorFinding:
    """One thing that was looked at."""

    what: str
    fine: bool
    said: str  # what was found; with the fix, if something is wrong


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What `claw doctor --json` prints."""

    findings: Sequence[DoctorFinding]


def run(_context: Context, given: DoctorInput) -> Findings:
    """Look at one thing after another; none keeps the others from being looked at."""
    with opened(given.claw) as (folder, record):
        return Findings(findings=list(_findings(folder, record)))


def _findings(folder: Path, record: ClawRecord) -> Iterator[DoctorFinding]:
    charter = Charter()
    try:
        charter = read_charter(folder)
        yield DoctorFinding(what="claw.yaml", fine=True, said="is understood")
    except OvernightError as error:
        yield DoctorFinding(what="claw.yaml", fine=False, said=str(error))
    yield _look("disk", partial(_disk, record))
    yield _look("clock", _clock)
    process = claw_process(folder)
    said = (
        f"process {process} runs it"
        if process
        else f"nobody runs it, so nothing is heard and nothing falls due: {after('overnight up --claw', folder.name)}"
    )
    yield DoctorFinding(what="process", fine=process is not None, said=said)
    starts, how = start_words(os.environ, Path.home(), _user())
    yield DoctorFinding(what="systemd unit", fine=starts, said=how)
    yield from _models(folder, record, charter)
    for name, chat in open_chats(charter.channels, user_broker().environment).items():
        yield _look(name, partial(_channel, record, name, chat, runs=process is not None))


def _user() -> str:
    with suppress(KeyError):
        return pwd.getpwuid(os.getuid()).pw_name
    return str(os.getuid())


def _look(what: str, find: Callable[[], str]) -> DoctorFinding:
    try:
        return DoctorFinding(what=what, fine=True, said=find())
    except (Deaf, OSError, sqlite3.Error, OvernightError) as error:
        return DoctorFinding(what=what, fine=False, said=one_line(str(error), LINE))


def _disk(record: ClawRecord) -> str:
    """Write, and look how much room there is."""
    probe = record.folder / f"probe-{os.getpid()}"
    try:
        probe.write_bytes(b"\0" * 4096)
    finally:
        probe.unlink(missing_ok=True)
    free = shutil.disk_usage(record.folder).free
    if free < ROOM:
        raise OSError(f"only {free // 2**20} MiB are free where its record is: make room")
    return f"can be written, {free // 2**20:,} MiB free"


def _clock() -> str:
    if time.time() < EARLY:
        raise OSError("the clock of this machine is not set: nothing falls due at its time")
    return "is set"


def _models(folder: Path, record: ClawRecord, charter: Charter) -> Iterator[DoctorFinding]:
    """Ask each provider for a word, if it thinks with a model."""
    if not charter.model:
        yield DoctorFinding(what="model", fine=True, said="none is named; it understands the sentences of `help`")
        return
    import anyio

    from overnight.claw.minds.probing import ask_provider, provider_names

    environment = user_broker().environment
    try:
        names = provider_names(environment)
    except OvernightError as error:
        yield DoctorFinding(what="model", fine=False, said=one_line(str(error), LINE))
        return
    for name in names:
        asked = partial(anyio.run, ask_provider, folder, record, charter, environment, name)
        yield _look(f"model {charter.model} of {printable(name, LINE)}", asked)


def _channel(record: ClawRecord, name: str, chat: Chat, *, runs: bool) -> str:
    """Ask its server who we are, and see whether the process that runs the claw hears it."""
    import anyio

    called = anyio.run(chat.round_trip) if isinstance(chat, Sounded) else "it cannot be asked"
    if runs and (trouble := trouble_of(record, name, now=time.time())):
        raise Deaf(f"its server answers us ({called}), but the claw is {trouble}", again=True)
    paired = sum(channel == name and person.role is Kind.OWNER for channel, _, person in record.addresses())
    if not paired:
        raise Deaf(f"its server answers ({called}), but you are not paired: overnight claw pair", again=True)
    return f"its server answers: {called}"


def render(found: Findings) -> str:
    """A line for each."""
    return "\n".join(f"{'ok   ' if each.fine else 'WRONG'}  {each.what}: {each.said}" for each in found.findings)


OPERATION = Operation(
    name="claw doctor",
    about="Check what the claw needs: settings, disk, clock, process, unit, and a round trip to each model and channel.",
    details="It sends nothing to a person. A model is asked for one word, which is counted. Exit code 1: something is wrong.",
    input=DoctorInput,
    output=Findings,
    tier=Tier.READ,
    egress=True,
    of_machine=True,
    owner_only=True,
    run=run,
    render=render,
    holds=lambda found: all(each.fine for each in found.findings),
)
