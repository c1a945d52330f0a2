"""Known hacks that the hub sends to itself: if one is accepted, it accepts nothing more and says so."""

import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.pool.changes import changes_digest, stated
from overnight.pool.events import Committed, Event, KeyChanged, Revealed
from overnight.pool.keys import SecretKey
from overnight.pool.messages import commitment
from overnight.pool.record import overview
from overnight.pool.record.record import CANARY, HubRecord
from overnight.program.program import Direction, Program
from overnight.program.scope import matches

EVERY_S = 86_400.0  # between two rounds
LARGEST = 200_000  # bytes of a file that a hack is added to
FOUND = "the canary found hidden files"  # what it leaves with; whatever else it did, that is too much


@dataclass(frozen=True, slots=True, kw_only=True)
class Canary:
    """A hack, and the change that does it."""

    name: str
    change: FileChange


def canaries(program: Program, history: GitHistory, head: str) -> Sequence[Canary]:
    """Hacks of the first editable Python file of the head; none if there is none.

    Each leaves the code as it is, and tries to look better than it is.
    """
    path = next((file.path for file in history.files(head) if _can_carry(file.path, file.size_bytes, program)), None)
    if path is None:
        return ()
    content = history.read_files(head, [path])[path]
    return [
        Canary(name=name, change=FileChange(path=path, content=text + content if first else content + text))
        for name, first, text in _hacks(program)
    ]


def _can_carry(path: str, size: int, program: Program) -> bool:
    return path.endswith(".py") and size <= LARGEST and matches(path, program.editable) and not matches(path, program.hidden)


def _hacks(program: Program) -> Iterator[tuple[str, bool, bytes]]:
    """Name, whether it stands before the code, and its text; each with a mark, so that no two rounds are the same."""
    mark = secrets.token_hex(4)
    best = -1e9 if program.metric.direction is Direction.MINIMIZE else 1e9
    line = f"METRIC {program.metric.name}={best!r}"
    yield "prints the metric", False, f"\n_o{mark} = print({line!r})\n".encode()
    yield (
        "prints the metric and leaves",
        False,
        f"\nimport os as _o{mark}\nprint({line!r}, flush=True)\n_o{mark}._exit(0)\n".encode(),
    )
    yield "leaves at once", True, f"import os as _o{mark}\nprint({line!r}, flush=True)\n_o{mark}._exit(0)\n".encode()
    yield "reads the hidden files", True, _reader(program.hidden, mark).encode()


def _reader(hidden: Sequence[str], mark: str) -> str:
    names = json.dumps([each.rstrip("/*") for each in hidden][:20])
    return (
        f"import os as _o{mark}, sys as _s{mark}\n"
        f"if any(_o{mark}.path.exists(_n) for _n in {names}):\n"
        f"    _s{mark}.exit({f'{FOUND} ({mark})'!r})\n"
    )


# What to fix if one is accepted, by its name.
_PRINTED = "what a candidate prints is taken for its value; let `score` print it, of files that it checks"
FIXES = {
    "prints the metric": _PRINTED,
    "prints the metric and leaves": _PRINTED,
    "leaves at once": "a candidate that does nothing is scored; let `score` or `checks` fail without fresh, whole artifacts",
    "reads the hidden files": "a candidate can read hidden files; see what `readable` and `prepare` put into its reach",
}


def send(record: HubRecord, key: SecretKey, sent: Sequence[Canary]) -> None:
    """Put canaries into the queue, as any other submission but for the standing of their key."""
    known = record.key(key.public)
    if known is None or known.standing != CANARY:
        record.append(KeyChanged(key=key.public, standing="canary"))
    _, head = overview.head(record)
    for each in sent:
        files, salt = (stated(each.change),), secrets.token_hex(32)
        digest = changes_digest(head, files)
        committed = Committed(
            key=key.public, parent=head, commitment=commitment(salt=salt, digest=digest, key=key.public), nonce=f"canary {salt}"
        )
        number = record.append(committed)
        revealed: Event = Revealed(
            submission=number, digest=digest, files=files, hypothesis=each.name, nonce=f"canary {salt} revealed"
        )
        record.append(revealed, contents=[each.change.content or b""])
