"""A campaign in which everybody prints the user's secrets: none is in what is kept or sent, and no job can find one."""

import html
import json
import re
from pathlib import Path
from urllib.parse import quote

import pytest
from targets import git, make_repo, overnight

from overnight.config import VARIABLE
from overnight.secrets.file import SecretsFile
from overnight.words.scrub import PIECE
from overnight.words.secret import HIDDEN, Secret

# One for each place; the agents of the test know them in reverse, so that no file of the repository has them.
CANARIES = {
    "environment": "env/9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV",
    "credential": "crd/Rb5K2vWq8LxJc3MzYt7NdHf4PgSa6Ue1Qi0wEo",
    "file": "fil/Xm2Vq7Hs4Tz9Lb1Kd6Pw3Ry8Gc5Nf0Ja2UoIe7",
}
NAMES = {"environment": "CANARY_ONE_TOKEN", "credential": "CANARY_TWO", "file": "CANARY_THREE"}
KNOW = f"""
import glob, html, json, os, sys
from urllib.parse import quote

KNOWN = [text[::-1] for text in {[text[::-1] for text in CANARIES.values()]!r}]


def spelled(key):
    letters = "".join(f"\\\\u{{ord(one):04x}}" for one in key)
    parts = [key, key[:20], key[4:36], key[-12:]]
    return [*parts, json.dumps(key), key.replace("/", "\\\\/"), quote(key, safe=""), html.escape(key), letters]


SAID = " ".join(text for key in KNOWN for text in spelled(key))


def seen():
    found = [repr(os.environ)]
    for path in [*glob.glob("/proc/*/environ"), *glob.glob("/proc/*/cmdline"), {"STATE"!r}, {"CREDENTIAL"!r}]:
        try:
            found.append(open(path, errors="replace").read())
        except OSError:
            pass
    return [number for number, key in enumerate(KNOWN) if any(key in text for text in found)]
"""
TRAIN = """
import sys
from know import SAID, seen

OFFSET = 5.0
print(f"job sees {seen()}", SAID)
if OFFSET < 3:
    sys.exit("crashed with " + SAID)
print(f"METRIC loss={OFFSET}")
"""
AGENT = """
import sys
from know import SAID, seen

if sys.argv[1] == "broken":
    sys.exit(f"agent sees {seen()}: {SAID}")
text = open("train.py").read()
new = "OFFSET = 4.0" if "OFFSET = 5.0" in text else "OFFSET = 2.0"
open("train.py", "w").write(text.replace("OFFSET = 5.0", new).replace("OFFSET = 4.0", new))
print("thinking of", SAID, f"agent sees {seen()}")
print("HYPOTHESIS: " + new + " and " + SAID)
"""
PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
limits: {wall: 10s, memory: 500MB}
budget: {experiments: 2}
notify: [desk]
researchers:
  - {role: broken, use: command, command: python agent.py broken, patience: 1s}
  - {role: explorer, use: command, command: python agent.py explore}
---
# Make the loss small
"""


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the repository of a campaign that has run, the state folder and all messages."""
    top = tmp_path_factory.mktemp("canary")
    with pytest.MonkeyPatch.context() as patch:
        (top / "credentials").mkdir(mode=0o700)
        (top / "credentials" / NAMES["credential"]).write_text(CANARIES["credential"])
        patch.setenv("XDG_STATE_HOME", str(top / "state"))
        patch.setenv("CREDENTIALS_DIRECTORY", str(top / "credentials"))
        patch.setenv(NAMES["environment"], CANARIES["environment"])
        SecretsFile(top / "state/overnight").set(NAMES["file"], Secret(CANARIES["file"]))
        (top / "send").write_text(f"#!/bin/sh\ncat >>{top}/messages; env | grep ^OVERNIGHT >>{top}/messages\n")
        (top / "send").chmod(0o755)
        (top / "settings.toml").write_text(f'[notify.channels.desk]\nuse = "command"\ncommand = ["{top}/send"]\n')
        patch.setenv(VARIABLE, str(top / "settings.toml"))
        know = KNOW.replace("STATE", f"{top}/state/overnight/secrets/secrets.json")
        know = know.replace("CREDENTIAL", f"{top}/credentials/{NAMES['credential']}")
        files = {"know.py": know, "train.py": TRAIN, "agent.py": AGENT}
        repo = make_repo(top / "repo", PROGRAM, files=files)
        done = overnight(repo, "run", "--tag", "t", "--plain")
        assert done.returncode == 0, done.stdout + done.stderr
        overnight(repo, "idea", "add", f"use {CANARIES['file']}", "--tag", "t", check=0)
        (top / "printed").write_text(done.stdout + done.stderr)
    return top


def spellings(key: str) -> list[str]:
    """As the agents write it, and the ends of it."""
    letters = "".join(f"\\u{ord(one):04x}" for one in key)
    whole = [json.dumps(key)[1:-1], key.replace("/", "\\/"), quote(key, safe=""), html.escape(key), letters]
    return [key, key[:PIECE], key[4:36], key[-PIECE:], *whole]


def test_nothing_that_is_kept_or_sent_has_a_secret(place: Path) -> None:
    """Ledger, snapshots, transcripts, outputs, results, report, ideas, outbox, messages, terminal, and messages of commits."""
    kept = [path for path in (place / "repo/.overnight").rglob("*") if path.is_file()]
    names = {path.name for path in kept}
    assert {"ledger.db", "results.tsv", "report.html", "report.md", "notices.db"} <= names
    assert any("transcripts" in path.parts for path in kept) and any("logs" in path.parts for path in kept)
    texts = {str(path): path.read_bytes() for path in [*kept, place / "messages", place / "printed"]}
    texts["commits"] = git(place / "repo", "log", "--all", "--format=%B%N").encode()
    assert any(HIDDEN.encode() in text for text in texts.values())
    spelled = {where: [text.encode() for text in spellings(key)] for where, key in CANARIES.items()}
    found = [
        (name, where) for name, text in texts.items() for where, ways in spelled.items() if any(one in text for one in ways)
    ]
    assert found == []


def test_the_words_around_a_secret_are_kept(place: Path) -> None:
    """A hypothesis, a reason and a message say what they said, without it."""
    log = overnight(place / "repo", "log", "--json", "--tag", "t", check=0).stdout
    hypotheses = [each["hypothesis"] for each in json.loads(log)["experiments"]]
    assert any(re.match(rf"OFFSET = 4\.0 and {re.escape(HIDDEN)}", each) for each in hypotheses), hypotheses
    assert "crashed with" in log
    assert "OFFSET = 4.0" in (place / "messages").read_text()


def test_no_job_sees_a_secret(place: Path) -> None:
    """Not a trial, not an agent: not in an environment, a list of processes, or a file."""
    outputs = [path.read_bytes() for path in (place / "repo/.overnight").rglob("*") if path.is_file()]
    said = set(re.findall(rb"(?:job|agent) sees (\[[0-9, ]*\])", b"\n".join(outputs)))
    assert said == {b"[]"}


def test_the_state_folder_has_secrets_in_their_own_file_alone(place: Path) -> None:
    """And that one is for its owner."""
    holding = [
        path
        for path in (place / "state").rglob("*")
        if path.is_file() and any(key.encode() in path.read_bytes() for key in CANARIES.values())
    ]
    assert holding == [place / "state/overnight/secrets/secrets.json"]
    assert holding[0].stat().st_mode & 0o077 == 0
