"""What a hub must keep is planted wherever it keeps something; nothing that leaves the hub has a byte of it, in any form."""

import base64
import gzip
import json
import re
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web
from anyio.from_thread import start_blocking_portal
from pool_campaigns import FILES, Founder, key
from pool_desks import EASY, Worker
from targets import git, overnight, repository_of

from overnight.git.port import FileChange
from overnight.pool.canonical import digest_of
from overnight.pool.changes import content_digest
from overnight.pool.events import HubPaused, Judged
from overnight.pool.hub.opening import key_file
from overnight.pool.keys import own_key
from overnight.pool.messages import PREFIX, Answer, NonceAnswer, Signed, dump, read
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.application import application
from overnight.pool.serving.desk import Desk
from overnight.research.events import CampaignOpened, Concluded, TrialFinished
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

PUBLIC = "seen-by-everybody-5b1c"  # in a public file: what is looked at is really there
MARK = "kept-3fd1"
VALUE = 31371.337  # how much the holdout says that the accepted change gains
PLANTED = {
    "a hidden file": f"{MARK}-hidden",
    "a hidden file in bytes": f"{MARK}-bytes",
    "the name of a hidden file": f"{MARK}-name",
    "a hidden file of an earlier commit": f"{MARK}-earlier",
    "the message of a commit": f"{MARK}-message",
    "the holdout's command": f"{MARK}-command",
    "the next holdout's command": f"{MARK}-next",
    "what the holdout prints": f"{MARK}-prints",
    "the holdout's answer": f"{VALUE}",
    "the score's own words": f"{MARK}-words",
    "the environment of trials": f"{MARK}-env",
    "who is notified": f"{MARK}-notify",
    "a file beside the repository's": f"{MARK}-beside",
    "a file in the state folder": f"{MARK}-state",
    "the folders' names": f"{MARK}-folder",
    "a rejected change": f"{MARK}-rejected",
    "a change that waits": f"{MARK}-waits",
    "a change that was refused": f"{MARK}-refused",
    "the founder's note on a verdict": f"{MARK}-verdict",
}
PROGRAM = """\
---
metric: {name: loss, direction: minimize}
produce: python train.py
artifacts: [out.json]
score: python score.py public
holdout: python score.py first COMMAND
editable: [train.py]
hidden: [score.py, answers.py, sealed/]
env: {NOTE: ENVIRONMENT}
notify: [NOTIFIED]
limits: {wall: 60s}
---
# Get close
"""
SCORE = """\
import json, sys
from answers import ANSWERS

d = json.load(open("out.json"))
a = ANSWERS[sys.argv[1]]
print("WORDS", file=sys.stderr)
if sys.argv[1] != "public":
    print("PRINTS")
scale = 1.0 if sys.argv[1] == "public" else VALUE
print("METRIC loss=%r" % (scale * (abs(float(d["x"]) - a) + abs(float(d["y"]) - a))))
"""
HUB = """\
project: toy
worker: {score: python public_score.py public}
bounds: [0, 1000000000]
holdouts: [python score.py second NEXT]
verdicts_every_s: 0
canaries: false
"""
WORDS = {
    "COMMAND": PLANTED["the holdout's command"],
    "ENVIRONMENT": PLANTED["the environment of trials"],
    "NOTIFIED": PLANTED["who is notified"],
    "WORDS": PLANTED["the score's own words"],
    "PRINTS": PLANTED["what the holdout prints"],
    "VALUE": repr(VALUE),
    "NEXT": PLANTED["the next holdout's command"],
}


def planted(text: str) -> str:
    """A text with what is to be kept in its place."""
    for word, secret in WORDS.items():
        text = text.replace(word, secret)
    return text


def forms_of(secret: bytes) -> Iterator[bytes]:
    """A secret as it may stand in something that is sent."""
    yield secret
    yield secret[::-1]
    yield secret.hex().encode()
    yield secret.hex().upper().encode()
    for shift in range(3):  # where it begins within a group of three bytes
        coded = base64.b64encode(b"\0" * shift + secret + b"\0" * (-(shift + len(secret)) % 3))
        inner = coded[4 if shift else 0 : -4]
        yield inner
        yield inner.replace(b"+", b"-").replace(b"/", b"_")
    yield base64.b32encode(secret).rstrip(b"=")[:-1]
    text = secret.decode("latin-1")
    yield "".join(f"\\u{ord(each):04x}" for each in text).encode()
    yield "".join(f"\\x{ord(each):02x}" for each in text).encode()
    yield "".join(f"%{ord(each):02x}" for each in text).encode()
    yield json.dumps(text)[1:-1].encode()
    yield quote(text, safe="").encode()


def leaks(seen: Mapping[str, bytes], secrets: Mapping[str, bytes]) -> list[str]:
    """What of the secrets stands in what was seen, and where."""
    found = []
    for name, secret in secrets.items():
        pattern = re.compile(b"|".join(re.escape(form) for form in {*forms_of(secret)}), re.IGNORECASE)
        found += [f"{name} in {place}" for place, content in seen.items() if pattern.search(content)]
    return found


@pytest.fixture
def founder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Founder:
    """A hub with a block, a rejected, a refused and a waiting submission, and something to keep wherever it can be."""
    secret_folder = PLANTED["the folders' names"]
    state = tmp_path / f"state-{secret_folder}"
    monkeypatch.setenv("XDG_STATE_HOME", str(state))
    repo = tmp_path / f"repo-{secret_folder}"
    repo.mkdir()
    repository_of(repo, {"sealed/old.txt": PLANTED["a hidden file of an earlier commit"]})
    git(repo, "rm", "-q", "sealed/old.txt")
    git(repo, "commit", "-qm", PLANTED["the message of a commit"])
    files = {
        "train.py": f'import json\n\nX = 1.0\n\nY = 1.0  # {PUBLIC}\n\njson.dump({{"x": X, "y": Y}}, open("out.json", "w"))\n',
        "public_score.py": FILES["public_score.py"],
        "score.py": planted(SCORE),
        "answers.py": f'ANSWERS = {{"public": 5.0, "first": 5.5, "second": 6.0}}  # {PLANTED["a hidden file"]}\n',
        f"sealed/{PLANTED['the name of a hidden file']}.txt": PLANTED["a hidden file in bytes"] * 100,
        "program.md": planted(PROGRAM),
    }
    made = Founder(repo, files=files, hub=planted(HUB))
    (made.repository.overnight / "note.txt").write_text(PLANTED["a file beside the repository's"])
    (state / "overnight" / "note.txt").write_text(PLANTED["a file in the state folder"])
    (made.folder / "note.txt").write_text(PLANTED["a file beside the repository's"])
    made.submit(key(1), made.train(("X = 1.0", "X = 2.0")))
    made.judge()
    made.submit(key(1), made.train(("X = 2.0", f"X = 1.5  # {PLANTED['a rejected change']}")))
    made.judge()
    made.submit(key(2), made.train(("X = 2.0", f"X = 2.5  # {PLANTED['a change that waits']}")), hypothesis="soon")
    with made.record() as record:
        desk = Desk(record, made.key, "toy", made.runner.program, rules=EASY)
        worker = Worker(key=key(3), parent=desk.chain.head, hub=made.key.public, project="toy")
        refused = [FileChange(path="score.py", content=PLANTED["a change that was refused"].encode())]
        answer = worker.submits(desk, refused)
        assert isinstance(answer, Answer) and answer.state == "refused"
        judged = next(each.event for each in record.history(most=100) if isinstance(each.event, Judged))
        assert not judged.accepted
        record.append(replace(judged, reason=PLANTED["the founder's note on a verdict"], seen=0))
    assert len(made.blocks()) == 1
    return made


def kept_by(founder: Founder) -> Mapping[str, bytes]:
    """What was planted, and what the hub made for itself."""
    with founder.record() as record, closing(founder.ledger("pool")) as ledger:
        opened = record.opened()
        began = next(each.event for each in ledger.events(0) if isinstance(each.event, CampaignOpened))
        trials = [each.event.trial for each in ledger.events(0) if isinstance(each.event, TrialFinished)]
        verdicts = [each.event.conclusion for each in ledger.events(0) if isinstance(each.event, Concluded)]
    sealed = {repr(trial.value) for trial in trials if trial.key.stage == "holdout"}
    sealed |= {repr(each.holdout_gain) for each in verdicts if each.holdout_gain is not None}
    own = own_key(key_file(founder.repository), make=False)
    made = {
        "the hub's key": key_file(founder.repository).read_bytes().strip(),
        "the salt": bytes.fromhex(opened.salt),
        "the secret of nonces": bytes.fromhex(opened.secret),
        "the secret of seeds": began.secret.encode(),
        "the path": str(founder.repository.toplevel).encode(),
        **{f"a value of the holdout, {value}": value.encode() for value in sealed},
    }
    assert own.public == founder.key.public and len(sealed) >= 3
    return {**{name: text.encode() for name, text in PLANTED.items()}, **made}


def public_answers(application_: web.Application, founder: Founder, address: str) -> Mapping[str, bytes]:
    """Everything that strangers are answered at the hub's address: each route, each digest that it knows, each fault."""
    with founder.record() as record:
        with record.store.reading() as db:
            submitted = [row[0] for row in db.execute("SELECT digest FROM contents")]
        chain = record.chain()
        numbers = [each.number for each in record.submissions(most=100)]
    top = founder.repository.toplevel
    files = [path for path in top.rglob("*") if path.is_file() and ".git" not in path.parts]
    digests = {*submitted, *(content_digest(path.read_bytes()) for path in files), "0" * 64}
    plain = {resource.canonical for resource in application_.router.resources() if "{" not in resource.canonical}
    paths = [
        *plain,
        *(f"{PREFIX}/entries?after={after}" for after in ("-1", "0", "1", "x", MARK)),
        *(f"{PREFIX}/files/{digest}" for digest in digests),
        *(f"{PREFIX}/submissions/{number}" for number in (*numbers, 0, 10**9)),
        *(f"/{path}" for path in ("", "..%2f..%2f", ".overnight/hub/ledger.db", "program.md", "hub.yaml", "score.py", "docs")),
        *(f"{PREFIX}/{path}" for path in ("", "hub/", "queue", "log", "files/", "files/..%2fledger.db", "submissions/")),
    ]

    async def ask() -> Mapping[str, bytes]:
        seen: dict[str, bytes] = {}
        async with aiohttp.ClientSession(address) as session:

            async def keep(method: str, path: str, **given: object) -> bytes:
                async with session.request(method, path, **given) as answer:  # type: ignore[arg-type]  # as given
                    body = await answer.read()
                    seen[f"{method} {path} {len(seen)}"] = repr(answer.headers).encode() + b"\n" + body
                    return body

            for path in paths:
                for method in ("GET", "POST", "HEAD", "OPTIONS"):
                    await keep(method, path)
            for signed in await requests(keep, founder, chain.head):
                await keep("POST", f"{PREFIX}/requests", json=dump(signed))
            for body in ({}, {"key": MARK}, {"key": key(1).public}):
                await keep("POST", f"{PREFIX}/nonces", json=body)
        return seen

    with start_blocking_portal() as portal:
        return portal.call(ask)


async def requests(keep: object, founder: Founder, head: str) -> Sequence[Signed]:
    """What workers may send that changes nothing: each is answered with a code and words."""
    made = []
    for place, change in enumerate(
        (
            [FileChange(path="answers.py", content=b"A")],
            [FileChange(path=f"sealed/{place}.txt", content=b"A") for place in range(2)],
            [FileChange(path="sealed", content=b"A")],
            [FileChange(path="train.py", content=b"A = 1\n")],
        )
    ):
        worker = Worker(key=key(10 + place), parent=head, hub=founder.key.public, project="toy")
        body = await keep("POST", f"{PREFIX}/nonces", json={"key": worker.key.public})  # type: ignore[operator]  # a function
        nonce = read(NonceAnswer, body).nonce
        text = await keep("POST", f"{PREFIX}/requests", json=dump(worker.request(worker.commit(change), nonce)))  # type: ignore[operator]  # as above
        answer = read(Answer, text)
        made.append(worker.request(worker.reveal(answer.submission, change), answer.nonce))
        made.append(worker.request(worker.reveal(1, change), answer.nonce))
    return [*made, *made]


@contextmanager
def served(founder: Founder) -> Iterator[tuple[web.Application, str]]:
    """The hub over HTTP, as `hub serve` has it."""
    sockets = listening(0)
    address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
    made = application(lambda: Desk(HubRecord(founder.folder), founder.key, "toy", founder.runner.program, rules=EASY))
    with start_blocking_portal() as portal, portal.wrap_async_context_manager(serving(made, sockets, bounds=Bounds())):
        yield made, address


def folder_bytes(folder: Path) -> Mapping[str, bytes]:
    """Names and contents of all files, and every object of repositories among them, unpacked."""
    seen = {str(path): str(path.relative_to(folder)).encode() + b"\n" + path.read_bytes() for path in files_of(folder)}
    for found in folder.rglob("HEAD"):
        command = ["git", "--git-dir", str(found.parent), "cat-file", "--batch", "--batch-all-objects"]
        done = subprocess.run(command, capture_output=True, check=False)
        seen[f"objects of {found.parent}"] = done.stdout
    return seen


def files_of(folder: Path) -> Sequence[Path]:
    """All regular files in a folder."""
    return [path for path in folder.rglob("*") if path.is_file() and not path.is_symlink()]


def test_nothing_that_is_kept_leaves_the_hub(founder: Founder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its addresses, the chain, a mirror, a worker's folder with its git objects, and what commands say of a copy."""
    secrets = kept_by(founder)
    seen: dict[str, bytes] = {}
    with served(founder) as (made, address):
        monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "of the worker"))
        seen |= public_answers(made, founder, address)
        with founder.record() as record:
            record.append(HubPaused(why=""))
        away = tmp_path / "away"
        away.mkdir()
        for command in (
            ("hub", "mirror", address, "mirror", "--json"),
            ("hub", "verify-chain", address, "--json"),
            ("work", "join", address, "worker", "--yes"),
            ("hub", "verify-chain", "mirror", "--against", "worker", "--json"),
        ):
            done = overnight(away, *command, check=0)
            seen[" ".join(command)] = (done.stdout + done.stderr).replace(str(tmp_path), "").encode()
    seen |= folder_bytes(away)
    everything = b"\n".join(seen.values())
    assert PUBLIC.encode() in everything and b"X = 2.0" in everything
    assert sum(b"200" in each for each in seen.values()) > 0 and len(seen) > 200
    assert leaks(seen, secrets) == []


@pytest.mark.parametrize("form", [*range(12)])
def test_a_leak_would_be_found(form: int) -> None:
    """In each form, in the midst of other bytes."""
    secret = PLANTED["a hidden file"].encode()
    forms = [
        secret,
        secret.hex().encode(),
        secret.hex().upper().encode(),
        *(base64.b64encode(b"x" * shift + secret + b"y" * 5) for shift in range(4)),
        base64.urlsafe_b64encode(b"?" + secret),
        "".join(f"\\u{each:04x}" for each in secret).encode(),
        json.dumps({"a": secret.decode()}).encode(),
        quote(secret.decode()).encode(),
        secret[::-1],
    ]
    assert leaks({"here": b"\x00{" + forms[form] + b"}\xff"}, {"it": secret}) == ["it in here"]
    assert leaks({"here": gzip.compress(b"nothing") + digest_of("x").encode()}, {"it": secret}) == []
