"""A hub over a repository as its founder finds it: what was sent, judged and added, without a campaign behind it."""

from dataclasses import replace
from pathlib import Path

from pool_desks import EASY, HUB, NOON, Worker, edit, open_desk, secret

from overnight.git.repository import open_repository
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, entry_json, signed
from overnight.pool.changes import tree_digest
from overnight.pool.events import EntryAdded, Judged, KeyChanged
from overnight.pool.hub.opening import hub_folder
from overnight.pool.messages import Answer
from overnight.pool.serving.desk import Desk, Rules


def desk_over(repo: Path, *, rules: Rules = EASY) -> Desk:
    """Of the hub over a repository; close its record."""
    folder = hub_folder(open_repository(repo))
    folder.parent.mkdir(exist_ok=True)
    return open_desk(folder, rules=rules)


def submitted(desk: Desk, number: int, text: str = "", *, hypothesis: str = "it helps") -> int:
    """A change by a key that is queued."""
    worker = Worker(key=secret(number), parent=desk.chain.head)
    changes = edit(text or f"SCALE = {number}.5\n")
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer), first
    reveal = replace(worker.reveal(first.submission, changes), hypothesis=hypothesis)
    answer = desk.take(worker.request(reveal, first.nonce))
    assert isinstance(answer, Answer) and answer.state == "queued", answer
    return answer.submission


def judged(desk: Desk, submission: int, *, accepted: bool = False, seconds: float = 10.0) -> None:
    """Its verdict."""
    desk.record.append(Judged(submission=submission, accepted=accepted, seconds=seconds))


def block(desk: Desk, number: int, *, gain: float = 1.0, hypothesis: str = "it helps", seconds: float = 10.0) -> int:
    """An accepted submission of a key, and its block that changes nothing public; the block's number."""
    submission = submitted(desk, number, f"SCALE = {number}.{desk.chain.number}25\n")
    chain = desk.record.chain()
    entry = Block(
        number=chain.number + 1,
        previous=chain.head,
        at=NOON,
        submission=submission,
        submitter=secret(number).public,
        hypothesis=hypothesis,
        changes=(),
        tree=tree_digest(chain.tree),
        full="0" * 64,
        receipt="{}",
        holdout="0" * 64,
        gain=gain,
        seconds=seconds,
    )
    text = canonical(entry_json(signed(entry, HUB))).decode()
    judged(desk, submission, accepted=True, seconds=seconds)
    desk.record.append(
        EntryAdded(commit="0" * 40, number=entry.number, entry=text, submission=submission),
        KeyChanged(key=secret(number).public, standing="known"),
    )
    desk.chain.follow()
    return entry.number
