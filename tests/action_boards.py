"""A record of actions at every stage, over a real repository, with texts that can be hostile."""

import struct
import zlib
from dataclasses import dataclass, field
from pathlib import Path

from targets import git, make_repo

from overnight.actions.charter import Request, Role
from overnight.actions.events import Asked, Begun, Checked, Event, Judged, Merged, Reviewed, TurnBegun, TurnEnded, Waiting, Word
from overnight.actions.findings import (
    CheckOutcome,
    Evidence,
    Finding,
    Hunk,
    NewTest,
    Proof,
    Risk,
    RiskKind,
    TurnOutcome,
    WeakenedTest,
    Weakening,
)
from overnight.actions.record import ActionRecord, actions_folder
from overnight.models.usage import Usage

NASTY = "<script>window.owned=1</script>\u202e`x` \x1b[31m<img src=http://evil.example/x> [a](http://evil.example)"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>window.owned=1</script></svg>"
FILES = {
    "shop.py": "def export():\n    return None\n",
    "test_shop.py": "x = 1\n",
    "actions.md": "---\nroles: [{role: coder, use: command, command: 'true'}]\n---\n",
}
USED = Usage(calls=20, input_tokens=41_000, cached_tokens=30_000, output_tokens=2_300, cost_usd=0.31, seconds=40.0)


def png(width: int = 240, height: int = 120) -> bytes:
    """A small picture of one colour."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x99" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBoard:
    """The record's folder, its repository, and what is kept in it by what it is."""

    repository: Path
    commit: str  # that the actions with a result are at
    base: str
    artifacts: dict[str, str] = field(default_factory=dict)

    @property
    def record(self) -> ActionRecord:
        """The record, open."""
        return ActionRecord()

    def append(self, *events: Event) -> None:
        """Let something happen."""
        with self.record as record:
            record.append(*events)


def keep(record: ActionRecord, place: Path, data: bytes) -> str:
    """The name of an artifact with these bytes."""
    place.mkdir(parents=True, exist_ok=True)
    file = place / "kept"
    file.write_bytes(data)
    return record.artifacts.keep(file)


def board_of(place: Path, *, nasty: bool = False, picture: bytes = b"") -> MadeBoard:
    """Five actions: 1 waits to be judged, 2 is coded, 3 is queued, 4 is merged, 5 was dropped. In the state folder of now."""
    said = NASTY if nasty else ""
    repository = make_repo(place / "shop", "", files=FILES)
    base = git(repository, "rev-parse", "HEAD")
    comment = f"    # {said!r}\n" if nasty else ""
    (repository / "shop.py").write_text(f"def export():\n{comment}    return 'id,total'\n")
    (repository / "test_shop.py").write_text(
        "from shop import export\n\n\ndef test_export():\n    assert export() == 'id,total'\n"
    )
    git(repository, "add", "-A")
    git(repository, "commit", "-q", "-m", "export")
    commit = git(repository, "rev-parse", "HEAD")
    git(repository, "update-ref", "refs/overnight/actions/1/1", commit)
    git(repository, "reset", "-q", "--hard", base)
    with ActionRecord() as record:
        kept = {
            "log": keep(record, place / "kept", f"1 passed\n{said}\n".encode()),
            "picture": keep(record, place / "kept", picture or png()),
            "text": keep(record, place / "kept", f"id,total\n1,20\n{said}\n".encode()),
            "svg": keep(record, place / "kept", SVG),
            "transcript": keep(record, place / "kept", f"user: {said}\nassistant: done\n".encode()),
            "secret": keep(record, place / "kept", b"of no action\n"),
        }
        events: list[Event] = []
        for number, title in enumerate(
            ("Export orders as CSV", "Search by name", "A page of help", "Fix the login", "Rewrite it"), 1
        ):
            text = f"{title}.\n\nPeople ask for it every week. {said}".strip()
            request = Request(repo=str(repository), title=f"{title} {said}".strip()[:200], text=text)
            events.append(Asked(action=number, request=request))
        record.append(
            *events,
            *(Begun(action=number, base=base, rules="") for number in (1, 2, 4, 5)),
            TurnBegun(action=2, turn=1, role=Role.CODER),
            *result_events(1, commit, said, kept),
            *result_events(4, commit, said, kept),
            Judged(action=4, word=Word.ACCEPT, commit=commit),
            Merged(action=4, commit=commit, parent=base, checks=("pytest -q",)),
            Judged(action=5, word=Word.DROP, text=said),
        )
    assert actions_folder().is_dir()
    return MadeBoard(repository=repository, commit=commit, base=base, artifacts=kept)


def result_events(number: int, commit: str, said: str, kept: dict[str, str]) -> list[Event]:
    """What happens until a result waits."""
    outcome = TurnOutcome(
        text=f"`export()` returns all orders as CSV.\n{said}".strip(),
        assumptions=(f"Totals have no currency. {said}".strip(),),
        usage=USED,
        wall_s=312.0,
        agent="agent",
        transcript=kept["transcript"],
    )
    passed = CheckOutcome(command="pytest -q", passed=True, wall_s=1.2, log=kept["log"])
    failed = CheckOutcome(command=f"lint {said}", passed=False, reason=said, excerpt=(said, "line 2"), log=kept["log"])
    checks = (passed, failed) if said else (passed,)
    evidence = Evidence(
        before=checks,
        after=checks,
        proofs=(NewTest(path="test_shop.py", proof=Proof.RED_GREEN, red=f"assert None == 'id,total' {said}".strip()),),
        weakened=(WeakenedTest(path=f"test_old.py{said}", how=Weakening.LOOSENED, detail=said),) if said else (),
        unproven=(Hunk(path=f"shop.py{said}", line=2, text=f"@@ -1 +1 @@\n-a\n+{said}"),),
        unproven_left=2 if said else 0,
        risks=(Risk(kind=RiskKind.PUBLIC_API, path=f"shop.py{said}", detail=f"`export` returns a text now {said}".strip()),),
        shown=(kept["text"], kept["picture"], *([kept["svg"]] if said else [])),
    )
    findings = (Finding(path=f"shop.py{said}", line=2, blocking=False, text=said or "The header could be a constant."),)
    return [
        TurnBegun(action=number, turn=1, role=Role.CODER),
        TurnEnded(action=number, turn=1, role=Role.CODER, outcome=outcome, commit=commit),
        Checked(action=number, commit=commit, evidence=evidence),
        TurnBegun(action=number, turn=2, role=Role.REVIEWER),
        Reviewed(
            action=number,
            commit=commit,
            findings=findings,
            outcome=TurnOutcome(text=said or "It does what was asked.", usage=USED, agent="agent"),
        ),
        Waiting(action=number),
    ]
