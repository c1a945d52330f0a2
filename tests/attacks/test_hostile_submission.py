"""What a stranger sends to a hub: changes that no tree may have, and bodies that are no request."""

import asyncio
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from pool_desks import FILES, PROGRAM, Worker, edit, genesis_digest, open_desk, secret

from overnight.git.port import FileChange
from overnight.pool.changes import SentFile
from overnight.pool.lanes import Lane
from overnight.pool.messages import PREFIX, Answer, Refusal, Signed, dump, read
from overnight.pool.serving.application import application
from overnight.pool.serving.desk import Desk
from overnight.pool.serving.inspection import Inspected, Text, inspect
from overnight.pool.serving.inspector import UNREADABLE, Inspector
from overnight.program.parser import parse_program
from overnight.research.changes.scope import MAX_FILE_BYTES, MAX_FILES
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

X = "eA=="  # the content `x`


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_desk(tmp_path / "hub")
    with made.record:
        yield made


def file(path: str, content: str | None = X, *, executable: bool = False) -> SentFile:
    """One as it is sent."""
    return SentFile(path=path, content=content, executable=executable)


def worker_of(desk: Desk) -> Worker:
    """A stranger."""
    return Worker(key=secret(7), parent=genesis_digest(desk))


LISTS = {
    "a folder above": [file("../train.py")],
    "a folder above inside": [file("new/../../train.py")],
    "an absolute path": [file("/etc/passwd")],
    "another separator": [file("new\\..\\x")],
    "a dot": [file("new/./x.py")],
    "an empty name": [file("new//x.py")],
    "git's folder": [file("new/.git/config")],
    "git's folder in capitals": [file("new/.GIT/config")],
    "git's folder by its short name": [file("new/git~1/config")],
    "git's folder in wide letters": [file("new/\uff0egit/config")],
    "git's folder with a stream": [file("new/.git::$INDEX_ALLOCATION/x")],
    "git's attributes": [file("new/.gitattributes")],
    "git's modules": [file("new/.gitmodules")],
    "a NUL": [file("new/a\0b")],
    "a line break": [file("new/a\nb")],
    "a letter that turns the text": [file("new/\u202eyp.x")],
    "half a letter": [file("new/\udcff")],
    "names that differ in case": [file("new/A.py"), file("new/a.py")],
    "names that differ in how an accent is written": [file("new/\u00e9.py"), file("new/e\u0301.py")],
    "names that differ in case and accent": [file("new/\u00c9.py"), file("new/e\u0301.py")],
    "names that differ in the order of accents": [file("new/a\u0323\u0307.py"), file("new/a\u0307\u0323.py")],
    "a name as a frozen one but for case": [file("new/x.py"), file("new/X.PY")],
    "a file below a file": [file("train.py/x")],
    "a file below a new file": [file("new/x"), file("new/x/y")],
    "a file in place of a folder": [file("new")],
    "a file twice": [file("train.py"), file("train.py", "eQ==")],
    "a name that is too long": [file("new/" + "x" * 256)],
    "a removal of what is not there": [file("new/none.py", None)],
    "a removal that is executable": [file("train.py", None, executable=True)],
    "a flip of executable": [file("train.py", "U0NBTEUgPSAxLjAK", executable=True)],
    "the same content": [file("train.py", "U0NBTEUgPSAxLjAK")],
    "nothing": [],
    "a frozen file": [file("frozen.py")],
    "a hidden file": [file("answers.txt")],
    "a hidden file beside free ones": [file("train.py"), file("new/secret.py")],
    "the program": [file("program.md")],
    "no base64": [file("train.py", "e")],
    "base64 with other letters": [file("train.py", "eA==\n")],
    "too many files": [file(f"new/{at}.py") for at in range(MAX_FILES + 1)],
    "a file that is too large": [file("new/x.py", "QUFB" * (MAX_FILE_BYTES // 3 + 1))],
    "too much in all": [file(f"new/{at}.py", "QUFB" * 300_000) for at in range(5)],
}


@pytest.mark.parametrize("name", LISTS)
def test_no_tree_gets_such_a_change(desk: Desk, name: str) -> None:
    """It is refused, waits for nobody, and none of its contents is kept."""
    before = _contents(desk)
    try:
        answer = worker_of(desk).submits_raw(desk, LISTS[name])
    except ValueError:
        return  # there is no canonical JSON of it, so nobody can sign it
    assert isinstance(answer, Refusal) or answer.state == "refused"
    assert answer.code in {"changes", "scope"}
    assert desk.record.waiting() == []
    assert _contents(desk) == before
    assert _as_a_person_may_see(answer)


def _contents(desk: Desk) -> int:
    with desk.record.store.reading() as db:
        return int(db.execute("SELECT COUNT(*) FROM contents").fetchone()[0])


def _as_a_person_may_see(answer: Answer | Refusal) -> bool:
    return answer.why.isprintable() and "secret" not in answer.why and "answers" not in answer.why


def request_text(desk: Desk) -> str:
    """A request that is good."""
    worker = worker_of(desk)
    return json.dumps(dump(worker.request(worker.commit(edit("SCALE = 3.0\n")), desk.nonce(worker.key.public))))


def test_a_good_request_is_read(desk: Desk) -> None:
    """Without which the next tests would show nothing."""
    assert desk.take(read(Signed, request_text(desk))).code == ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"protocol": 1', '"protocol": NaN'),
        ('"protocol": 1', '"protocol": 1e999'),
        ('"protocol": 1', f'"protocol": {"9" * 5000}'),
        ('"protocol": 1', '"protocol": "1"'),
        ('"protocol": 1', '"protocol": 1, "more": 1'),
        ('"protocol": 1', f'"protocol": {"[" * 100_000}'),
        ('"kind": "commit"', '"kind": "commit", "mode": "120000"'),
        ('"kind": "commit"', '"kind": "reveal"'),
        ('"kind": "commit"', '"kind": "other"'),
    ],
)
def test_what_is_no_request_is_not_read(desk: Desk, old: str, new: str) -> None:
    """Numbers that are none, nesting without end, keys that nobody knows: one error, and nothing is recorded."""
    text = request_text(desk)
    assert old in text
    with pytest.raises(ValueError):  # of pydantic, in words that are not shown
        read(Signed, text.replace(old, new, 1))


def test_a_key_of_json_that_is_there_twice_signs_nothing_else(desk: Desk) -> None:
    """One of both is read, and the signature counts for that one alone."""
    text, other = request_text(desk), "ab" * 32
    twice = text.replace('"commitment": "', f'"commitment": "{other}", "commitment": "', 1)
    swapped = text.replace('"commitment": "', '"commitment": "', 1).replace(
        '", "invitation"', f'", "commitment": "{other}", "invitation"', 1
    )
    assert desk.take(read(Signed, swapped)).code == "signature"
    assert desk.take(read(Signed, twice)).code == ""
    assert desk.record.submission_with(other) is None


def test_a_mode_is_executable_or_not() -> None:
    """A file of a change has no field in which a link or a submodule could be said."""
    for extra in ({"mode": "120000"}, {"mode": "160000"}, {"target": "/etc"}, {"executable": "120000"}):
        with pytest.raises(ValueError):  # of pydantic
            read(SentFile, json.dumps({"path": "new/x", "content": X, **extra}))


def test_what_the_shape_of_code_costs_is_bounded(desk: Desk) -> None:
    """Deep nesting, long lines and great numbers in Python: the desk goes on, whatever it says of them."""
    worker = worker_of(desk)
    for at, text in enumerate(("(" * 90_000, "-" * 90_000 + "1", "x=" + "9" * 90_000, "a." * 45_000 + "a", "'" * 90_000)):
        worker = Worker(key=secret(50 + at), parent=worker.parent)
        answer = worker.submits(desk, edit(text))
        assert answer.code in {"", "changes", "duplicate"}


SEEDS = "seed=0\nx=[" + "a," * 490_000 + "]\n"  # a megabyte of which two versions are parsed and compared, for many seconds
NEVER = (sys.executable, "-c", "import sys; sys.stdin.read()")  # looks into a text for ever


def test_the_worst_text_is_cut_off_and_the_next_is_looked_into(desk: Desk) -> None:
    """A text that takes longer than its share of the processor is refused, in a process that nobody else needs."""
    worker = worker_of(desk)

    async def both() -> Sequence[Inspected]:
        inspector = Inspector(processes=1, limit_s=0.5)
        inspector.start()
        found = [await inspector.inspect(text_of(desk, worker, text), Lane.NEW) for text in (SEEDS, "SCALE = 3.0\n")]
        await inspector.stop()
        return found

    worst, usual = asyncio.run(both())
    assert worst == UNREADABLE
    assert usual == inspect(text_of(desk, worker, "SCALE = 3.0\n")) and usual.meaning


def text_of(desk: Desk, worker: Worker, text: str) -> Text:
    """What is looked into of a change of `train.py`."""
    before = {"train.py": FILES["train.py"]}
    program = parse_program(PROGRAM, "program.md")
    return Text(changes=edit(text), before=before, executable={"train.py": False}, parent=worker.parent, program=program)


def test_what_is_unreadable_is_refused(desk: Desk) -> None:
    """Nothing of it waits, so that the verifier never reads it either."""
    worker = worker_of(desk)
    changes = edit(SEEDS)
    first = worker.commits(desk, changes)
    assert isinstance(first, Answer)
    request = worker.request(worker.reveal(first.submission, changes), first.nonce)
    assert desk.text_of(request)
    [answer] = desk.take_all([request], {request.signature: UNREADABLE})
    assert answer.code == "changes" and desk.record.waiting() == []


def test_the_hub_answers_while_a_text_is_looked_into(tmp_path: Path) -> None:
    """However long that takes: the card, nonces and commitments of others come at once, and the text waits alone."""
    stranger, other = (Worker(key=secret(number), parent="") for number in (7, 8))

    async def visit() -> None:
        sockets = listening(0)
        made = application(lambda: open_desk(tmp_path / "hub"), inspector=Inspector(command=NEVER))
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        async with serving(made, sockets, bounds=Bounds()), aiohttp.ClientSession(address) as session:

            async def post(path: str, message: object) -> dict[str, Any]:
                async with session.post(PREFIX + path, data=io.BytesIO(json.dumps(message).encode())) as answer:
                    found: dict[str, Any] = await answer.json()
                    return found

            async def commits(worker: Worker, changes: Sequence[FileChange]) -> dict[str, Any]:
                async with session.get(f"{PREFIX}/hub") as card:
                    worker.parent = (await card.json())["head"]
                nonce = (await post("/nonces", {"key": worker.key.public}))["nonce"]
                return await post("/requests", dump(worker.request(worker.commit(changes), nonce)))

            first = await commits(stranger, edit(SEEDS))
            reveal = dump(stranger.request(stranger.reveal(first["submission"], edit(SEEDS)), first["nonce"]))
            waiting = asyncio.create_task(post("/requests", reveal))
            for number in range(20):
                other.key = secret(100 + number)
                assert (await commits(other, edit(f"SCALE = {number}.5\n")))["state"] == "committed"
            assert not waiting.done()
            waiting.cancel()

    asyncio.run(visit())


def test_a_reveal_of_a_number_that_nobody_can_sign_is_not_read(desk: Desk) -> None:
    """Beyond 2^53 JSON has no whole numbers that are signed: it is no request, and breaks nothing."""
    worker = worker_of(desk)
    text = json.dumps(dump(worker.request(worker.reveal(1, edit("x\n")), desk.nonce(worker.key.public))))
    assert desk.take(read(Signed, text)).code == "unknown"
    with pytest.raises(ValueError):  # of pydantic
        read(Signed, text.replace('"submission": 1,', f'"submission": {2**60},'))
