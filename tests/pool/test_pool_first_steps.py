"""What a founder and a worker meet first, and each mistake that a person makes there: one line with the fix."""

import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import anyio
import pytest
from pool_desks import HUB
from targets import git, run_here

from overnight.git.repository import open_repository
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.hub.opening import hub_folder, key_file, open_hub, require_same_program
from overnight.pool.hub.settings import parse_hub_settings
from overnight.pool.keys import own_key
from overnight.pool.messages import Commit, Refusal, dump
from overnight.pool.record.record import HubRecord
from overnight.pool.work.client import Hub, HubAddress, HubAway
from overnight.pool.work.submitting import Sender
from overnight.research.places.campaigns import campaign_folder

FILES = {
    "train.py": "import json\n\nX = 1.0\njson.dump(X, open('out.json', 'w'))\n",
    "make.py": "import sys\nopen('in.json', 'w').write(open('sealed').read() if sys.argv[1] == 'holdout' else '5.0')\n",
    "score.py": "import json\nprint(f\"METRIC loss={abs(json.load(open('out.json')) - json.load(open('in.json')))}\")\n",
    "sealed": "4.0",
    "program.md": (
        "---\nmetric: {name: loss, direction: minimize}\nprepare: python make.py {split}\ninputs: [in.json]\n"
        "produce: python train.py\nartifacts: [out.json]\nscore: python score.py\nholdout: python score.py\n"
        "editable: [train.py]\nhidden: [sealed]\n---\n# Get close\n"
    ),
}


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    """A founder's repository: its holdout is another split of what `prepare` makes."""
    folder = tmp_path / "toy"
    folder.mkdir()
    git(folder, "init", "-q")
    for name, text in FILES.items():
        (folder / name).write_text(text)
    git(folder, "add", "-A")
    git(folder, "commit", "-qm", "start")
    return folder


def test_a_founder_sees_what_leaves_before_anything_does(repo: Path) -> None:
    """The files, what is hidden, the commands with the public split, and what they measured; without a yes nothing is made."""
    asked = run_here(repo, "hub", "init", "--bounds", "0,30")
    assert asked.returncode == 2 and "--yes if you do" in asked.stderr
    assert re.search(r"public +3 files, .*: make.py, score.py, train.py", asked.stdout)
    assert re.search(r"hidden +sealed\n", asked.stdout)
    assert "prepare  python make.py public" in asked.stdout and re.search(r"tried +loss 4 in ", asked.stdout)
    assert not (repo / "hub.yaml").exists() and not key_file(open_repository(repo)).exists()
    assert run_here(repo, "hub").stdout.startswith("A hub lets strangers")
    assert run_here(repo, "hub", "init", "--bounds", "0,30", "--project", "a: b", "--yes").returncode == 0
    assert "a: b (key " in run_here(repo, "hub").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "no bounds are declared"),
        (("--bounds", "0..30"), "is no pair of numbers"),
        (("--bounds", "30,0"), "no value between 30 and 0"),
        (("--bounds", "5,30"), "loss is 4 before anything is changed"),
        (("--bounds", "0,30", "--worker", "score"), "has no key or no command"),
        (("--bounds", "0,30", "--worker", "scor=python x.py"), "`worker` cannot have scor"),
        (("--bounds", "0,30", "--worker", "score=python public_score.py"), "gives no value on the public files"),
        (("--bounds", "0,30", "--worker", "checks=python test_all.py"), "gives no value on the public files"),
        (("--bounds", "0,30", "--worker", "score=python score.py sealed"), "that is hidden from them"),
    ],
)
def test_what_no_worker_could_use_is_not_opened(repo: Path, arguments: tuple[str, ...], said: str) -> None:
    """A hub cannot be changed later, so a mistake in what workers get is found first; nothing is left of the try."""
    done = run_here(repo, "hub", "init", "--yes", *arguments)
    assert done.returncode == 2 and said in done.stderr, done.stderr
    assert not (repo / "hub.yaml").exists() and not (repo / ".overnight" / "hub").exists()
    assert not [*(repo / ".overnight").glob(".init-*")]


def test_another_hub_has_another_key(repo: Path) -> None:
    """Two chains by one key would be proof of a fraud; the key of the first is kept."""
    repository, settings = open_repository(repo), parse_hub_settings("project: toy\nbounds: [0, 30]\n")
    first = open_hub(repository, settings)
    again = run_here(repo, "hub", "init", "--yes")
    assert again.returncode == 2 and "move that folder away" in again.stderr
    first.folder.rename(first.folder.with_name("hub-1"))
    verified = campaign_folder(repository, "pool")
    verified.mkdir()
    (verified / LEDGER).touch()  # of the campaign that verified for the first
    again = run_here(repo, "hub", "init", "--bounds", "0,30", "--yes")
    assert again.returncode == 0 and "\ntag: pool2\n" in (repo / "hub.yaml").read_text()
    (hub_folder(repository)).rename(first.folder.with_name("hub-2"))
    (repo / "hub.yaml").write_text("project: toy\nbounds: [0, 30]\n")
    assert "there is a campaign `pool` already" in run_here(repo, "hub", "init", "--yes").stderr
    second = open_hub(repository, settings)
    kept = key_file(repository).with_name(f"key-{first.key[:12]}")
    assert first.key != second.key and own_key(kept, make=False).public == first.key


def test_a_program_that_changed_is_not_served(repo: Path) -> None:
    """Workers agreed to the commands that the chain begins with; the mistake names the key."""
    repository, settings = open_repository(repo), parse_hub_settings("project: toy\nbounds: [0, 30]\n")
    opened = open_hub(repository, settings)
    with HubRecord(opened.folder, read_only=True) as record:
        require_same_program(record, repository, settings)
    (repo / "hub.yaml").write_text("project: toy\nbounds: [0, 30]\nworker: {score: python other.py}\n")
    done = run_here(repo, "hub", "serve", "--port", "0")
    assert done.returncode == 2 and done.stderr.startswith("error: score of program.md or hub.yaml changed")


def test_a_pause_needs_a_reason(repo: Path) -> None:
    """Workers are told it."""
    open_hub(open_repository(repo), parse_hub_settings("project: toy\nbounds: [0, 30]\n"))
    assert "Missing argument 'WHY'" in run_here(repo, "hub", "pause").stderr
    assert run_here(repo, "hub", "pause", "lunch").stdout == "paused: lunch\n"


@pytest.mark.parametrize("command", [("run", "--hours", "1"), ("submit", "HEAD")])
def test_a_worker_in_another_folder_is_shown_where_to_go(tmp_path: Path, repo: Path, command: tuple[str, ...]) -> None:
    """Whether the folder is a repository or not."""
    for folder in (tmp_path, repo):
        done = run_here(folder, "work", *command)
        assert done.returncode == 2 and "no hub is joined in" in done.stderr and "overnight work join URL" in done.stderr


def test_a_hub_that_is_away_is_named_in_plain_words() -> None:
    """Address and reason, without the words of a library."""

    async def ask(url: str) -> str:
        async with Hub(HubAddress.parse(url)) as hub:
            with pytest.raises(HubAway) as away:
                await hub.card()
            return str(away.value)

    said = anyio.run(ask, "http://127.0.0.1:9")  # the port of `discard`
    assert said == "the hub at http://127.0.0.1:9 does not answer: Connection refused"


def test_a_banned_worker_is_told_so() -> None:
    """A hub gives a banned key no nonce; its words reach the worker."""
    refusal = Refusal(code="banned", why="this key may not submit here")

    class Banning(Hub):
        async def _ask(self, *_: object, **__: object) -> bytes:
            return str(dump(refusal)).replace("'", '"').encode()

    hub: Any = Banning(HubAddress.parse("http://127.0.0.1:9"))
    joined: Any = SimpleNamespace(hub=HUB.public, project="toy", invitation="")
    nothing: Any = None  # not asked
    sender = Sender(hub=hub, key=HUB, joined=joined, outbox=nothing, copy=nothing, program=nothing)
    body = Commit(parent="0" * 64, commitment="1" * 64)
    assert anyio.run(sender._ask, body) == refusal
