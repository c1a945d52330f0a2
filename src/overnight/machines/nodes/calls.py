"""The calls between the head and a node: what is asked, and what is answered. Contents travel beside them, as bytes."""

from collections.abc import Mapping
from enum import StrEnum

from overnight.jail.doctor import Probe
from overnight.jail.job import Limits
from overnight.machines.nodes.facts import NodeFacts
from overnight.machines.nodes.manifest import Entry
from overnight.machines.nodes.message import Message
from overnight.machines.nodes.spool import Finished
from overnight.machines.nodes.tree import Piece

OP = "overnight"  # our handler in a Dask worker
INLINE_BYTES = 4 * 1000**2  # of contents in one call
OUTPUT = -1  # index of the pieces of what a job printed; they come first
START = Piece(index=OUTPUT, offset=0, size_bytes=0)


class Join(Message):
    """A session begins on the node, or goes on."""

    version: str  # of overnight, on the head
    session: str  # the same for each run of a campaign
    limits: Limits  # of each job
    slots: int | None = None  # as the user asked; None: as many as fit
    alone: bool = False  # jobs must not run beside each other, as when time is measured
    toplevels: tuple[str, ...] = ()  # the user's checkouts, which no job is shown if they exist there too
    private: tuple[str, ...] = ()  # git's folders and ours, for the same


class Held(Message):
    """A job that the node runs, or whose result it keeps."""

    job_id: str
    slot: int
    running: bool


class Joined(Message):
    """What the head needs to know of a node."""

    facts: NodeFacts
    slots: int
    cpus: tuple[tuple[int, ...], ...]  # that each slot is pinned to
    devices: tuple[tuple[str, ...], ...] = ()  # names of the GPUs of each slot
    held: tuple[Held, ...] = ()


class Start(Message):
    """A job to run."""

    session: str
    job_id: str
    wait_s: float  # to wait for its end before the answer
    slot: int  # of the node
    command: str
    environment: dict[str, str]
    limits: Limits
    readable: tuple[str, ...] = ()
    stdin: bytes = b""
    forget: bool = False
    role: str = ""
    number: int = 0
    monitor: bytes = b""  # a pickled `OutputMonitor`; empty: none
    keep: bool = False  # its result outlives the session if nobody acknowledges it
    done: tuple[str, ...] = ()  # jobs whose results are acknowledged with this call
    entries: tuple[Entry, ...]
    digests: tuple[bytes, ...] = ()  # of the contents beside this call


class Put(Message):
    """Parts of contents, beside this call."""

    session: str
    digests: tuple[bytes, ...]  # of the whole contents
    sizes: tuple[int, ...]  # of the whole contents
    offsets: tuple[int, ...]


class Lacks(Message):
    """Which of these contents the node does not have."""

    session: str
    digests: tuple[bytes, ...]


class Wait(Message):
    """How a job stands, once it has ended or this time is over; its lease begins anew."""

    session: str
    job_id: str
    wait_s: float


class More(Message):
    """What comes after a piece of what a job left."""

    session: str
    job_id: str
    after: Piece


class End(Message):
    """End a job with all its processes."""

    session: str
    job_id: str


class Acknowledge(Message):
    """These results are recorded: the node deletes them."""

    session: str
    job_ids: tuple[str, ...]


class Examine(Message):
    """What works on the node: it tries each thing in a real jail, which takes seconds."""

    session: str


class Leave(Message):
    """The session ends: nothing of it stays but results that are to be kept."""

    session: str


class State(StrEnum):
    """How a job stands."""

    LACKING = "lacking"  # not begun: the node lacks contents
    RUNNING = "running"
    FINISHED = "finished"
    REFUSED = "refused"  # the machine's fault, which the user can fix
    FAILED = "failed"  # the node cannot run it
    UNKNOWN = "unknown"  # the node does not have it, or not the session


class Answer(Message):
    """How a job stands; once it has ended, with pieces of what it left, which are beside this answer."""

    state: State
    lacking: tuple[bytes, ...] = ()
    finished: Finished | None = None
    pieces: tuple[Piece, ...] = ()
    more: bool = False  # there are further pieces
    reason: str = ""
    fix: str = ""
    joined: Joined | None = None  # to `Join`
    probes: tuple[Probe, ...] = ()  # to `Examine`


Call = Join | Start | Put | Lacks | Wait | More | End | Acknowledge | Examine | Leave
CALLS: Mapping[str, type[Call]] = {
    each.__name__: each for each in (Join, Start, Put, Lacks, Wait, More, End, Acknowledge, Examine, Leave)
}
