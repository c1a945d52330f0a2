"""Small repositories to run campaigns on: real git, and a measure command of about 20 ms."""

import gc
import io
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any

import pytest
from command import draws_of

from overnight.cli.main import main
from overnight.git.repository import Repository, open_repository
from overnight.research.events import Event
from overnight.research.places.begun import mark_begun
from overnight.research.record.ledger import SqliteLedger

FINDINGS = ("ledger", "experiments", "snapshots", "outputs", "branch", "kept commits", "attempts", "receipts")
APART = frozenset(("up",))  # commands that leave a process behind, whose parent must be gone
MOST_OPEN = 200  # files; a fifth of what a process may usually open
COMMAND = str(Path(__file__).with_name("command.py"))  # `overnight` with the same draws each time
SHARED = re.compile(r"^note: other campaigns hold .*\n", re.MULTILINE)  # caused by tests that run at the same time

TRAIN = """\
import random
import sys

SCALE = 1.0
OFFSET = 5.0

rng = random.Random(int(sys.argv[1]))
print(f"METRIC loss={OFFSET + NOISE * rng.gauss(0, 1):.9f}")
"""


def program(*edits: tuple[str, str], front: str = "", measure: str = "python train.py {seed}") -> str:
    """A program whose scripted researcher replaces text in train.py, one edit per proposal."""
    listed = "\n".join(f"      - [train.py, {json.dumps(old)}, {json.dumps(new)}]" for old, new in edits)
    return f"""---
metric: {{name: loss, direction: minimize}}
measure: {measure}
editable: [train.py]
limits: {{wall: 10s, memory: 500MB}}
researchers:
  - role: script
    use: scripted
    edits:
{listed}
{front}
---
# Make the loss small
"""


def git(folder: Path, *arguments: str) -> str:
    """Run git as a user with a name; its output."""
    identity = ("-c", "user.name=User", "-c", "user.email=user@localhost", "-c", "init.defaultBranch=main")
    done = subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True)
    return done.stdout.strip()


def make_repo(folder: Path, text: str, *, noise: float = 0.0, files: dict[str, str] | None = None) -> Path:
    """A repository with a program and a train.py whose loss is OFFSET plus Gaussian noise from the seed."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "program.md").write_text(text)
    (folder / "train.py").write_text(TRAIN.replace("NOISE", repr(noise)))
    for name, content in (files or {}).items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    return folder


def repository_of(folder: Path, files: dict[str, str]) -> Repository:
    """A repository with these files committed."""
    folder.mkdir(exist_ok=True)
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    git(folder, "init", "-q")
    git(folder, "add", "-A", "-f")
    git(folder, "commit", "-q", "--allow-empty", "-m", "start")
    return open_repository(folder)


def overnight(folder: Path, *arguments: str, check: int | None = None) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, as a user would, in this process, because a start takes longer than most commands."""
    run = run_apart if arguments[:1] and arguments[0] in APART else run_here
    done = run(folder, *arguments)
    done.stderr = SHARED.sub("", done.stderr)
    if check is not None:
        assert done.returncode == check, f"exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done


def run_apart(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a process of its own."""
    command = [sys.executable, COMMAND, *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def run_here(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the same `main`, with streams that are not terminals."""
    stdout, stderr = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(stdout), redirect_stderr(stderr):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["overnight", *arguments])
        patch.setattr(secrets, "token_hex", draws_of(arguments))
        patch.setattr(gc, "freeze", lambda: None)  # what earlier commands left is still to be collected, with its open files
        with pytest.raises(SystemExit) as end:
            main()
    if len(os.listdir("/proc/self/fd")) > MOST_OPEN:  # noqa: PTH208  # a path per entry is not wanted
        gc.collect()
    texts = [stream.buffer.getvalue().decode() for stream in (stdout, stderr)]
    return subprocess.CompletedProcess(arguments, int(end.value.code or 0), *texts)


@contextmanager
def started(
    arguments: Sequence[str], folder: Path, *, stdin: int | None = None, stderr: int | None = None
) -> Iterator[subprocess.Popen[str]]:
    """A Python process in the background with its output piped; it is killed if the test does not wait for it."""
    command = [sys.executable, *arguments]
    with subprocess.Popen(command, cwd=folder, stdin=stdin, stdout=subprocess.PIPE, stderr=stderr, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def copied(repo: Path, folder: Path) -> Path:
    """A copy of a repository whose campaigns count as begun there, as if it had been moved."""
    copy = Path(shutil.copytree(repo, folder, symlinks=True))
    for path in (copy / ".overnight").glob("*/ledger.db"):
        with closing(SqliteLedger.for_reading(path.parent)) as ledger:
            assert mark_begun(path.parent, ledger) == ""
    return copy


def recorded(repo: Path, tag: str = "t") -> list[Event]:
    """The events of a campaign, in order."""
    reader = SqliteLedger.for_reading(repo / ".overnight" / tag)
    try:
        return [entry.event for entry in reader.events()]
    finally:
        reader.close()


def read_json(folder: Path, *arguments: str) -> Any:  # Any: JSON
    """The JSON that a reading command prints."""
    return json.loads(overnight(folder, *arguments, "--json", check=0).stdout)


def let(repo: Path) -> None:
    """The owner allows others to start the program."""
    overnight(repo, "allow", str(read_json(repo, "allow")["digest"]), check=0)


def assert_verified(folder: Path, *arguments: str) -> None:
    """Check a campaign with everything that `overnight verify` checks; searches and orders only if it has some."""
    found = {finding["what"]: finding["holds"] for finding in read_json(folder, "verify", *arguments)}
    assert found.pop("searches", True) and found.pop("orders", True), found
    assert found == dict.fromkeys(FINDINGS, True), found
