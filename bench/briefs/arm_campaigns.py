"""Arms of a comparison: each is a commit of this repository and a researcher, which drives campaigns on labs."""

import io
import json
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from shares import Counts, count

ROOT = Path(__file__).parents[2]
FOLDER = Path(os.environ.get("BRIEFS_FOLDER", ROOT / "build/briefs"))  # ignored by git: answers of models stay here
TAG = "bench"
HERE = "."  # instead of a commit: the working tree
_OWN_KEYS = re.compile(r"^(?:budget|gate|researchers|target):.*\n(?:[ -].*\n)*", re.MULTILINE)
_LEAST = re.compile(r"min_effect: \S+")
# Runs in the arm's own code, which can read its own ledger.
EVENTS = f"""
import json, pathlib
from overnight.research.record.ledger import SqliteLedger
ledger = SqliteLedger.for_reading(pathlib.Path(".overnight/{TAG}"))
for entry in ledger.events():
    event = entry.event
    found = {{"kind": event.kind}}
    if event.kind == "proposed":
        found["number"] = event.number
    elif event.kind == "proposal_missed":
        found["reason"] = event.reason
    elif event.kind == "concluded":
        ended = event.conclusion
        found |= {{"number": event.number, "verdict": ended.verdict, "reason": ended.reason, "gain": ended.gain}}
    elif event.kind == "model_called":
        found["tokens"] = event.usage.input_tokens + event.usage.output_tokens
    else:
        continue
    print(json.dumps(found))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arm:
    """What is compared."""

    name: str
    commit: str
    entry: str  # of `researchers`, behind its role

    @classmethod
    def parse(cls, text: str) -> "Arm":
        """`NAME=COMMIT:USE`, with further keys of the entry behind commas."""
        name, _, rest = text.partition("=")
        commit, _, use = rest.partition(":")
        if not (name and commit and use):
            raise ValueError(f"an arm is NAME=COMMIT:USE, not {text!r}")
        return cls(name=name, commit=commit, entry=f"use: {use}")

    def source(self) -> Path:
        """Its code: the working tree, or a copy of that of its commit."""
        if self.commit == HERE:
            return ROOT / "src"
        commit = output_of(["git", "rev-parse", "--verify", f"{self.commit}^{{commit}}"], ROOT).strip()
        folder = FOLDER / "trees" / commit
        if not folder.exists():
            archive = subprocess.run(["git", "archive", commit, "src"], cwd=ROOT, check=True, stdout=subprocess.PIPE).stdout
            with tarfile.open(fileobj=io.BytesIO(archive)) as opened:
                opened.extractall(folder, filter="data")
        return folder / "src"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What is the same for all arms."""

    lab: str
    tokens: int
    most_pairs: int
    settings: Path  # of the user who has the model


def measure(arm: Arm, setting: Setting, tick: Callable[[str], None]) -> Counts:
    """Run a campaign to the end of its tokens, go on with an unfinished one, or take the result of a finished one."""
    folder = FOLDER / f"{arm.name}-{setting.lab}-{setting.tokens}"
    result = folder / "result.json"
    if result.exists():
        return Counts(**json.loads(result.read_text())["counts"])
    environment = os.environ | {"PYTHONPATH": str(arm.source()), "OVERNIGHT_SETTINGS": str(setting.settings)}
    if not folder.exists():
        keys = f"gate: {{max_pairs: {setting.most_pairs}}}\nbudget: {{tokens: {setting.tokens}}}\n"
        prepare(folder, setting.lab, arm.entry, keys, environment)
    repository = folder / "lab"
    with (folder / "output.txt").open("a") as log:
        command = [sys.executable, "-m", "overnight", "run", "--tag", TAG, "--plain", "--no-report"]
        with subprocess.Popen(command, cwd=repository, env=environment, stdout=subprocess.PIPE, stderr=log, text=True) as run:
            assert run.stdout is not None
            for line in run.stdout:
                log.write(line)
                log.flush()
                if " proposed by " in line or " made no proposal" in line:
                    tick(setting.lab)
    counts = count(events_of(repository, environment))
    if not counts.asked:
        raise RuntimeError(f"nothing was asked: see {folder / 'output.txt'}")
    result.write_text(json.dumps({"arm": asdict(arm), "exit": run.returncode, "counts": asdict(counts)}, default=str))
    return counts


def prepare(folder: Path, lab: str, entry: str, keys: str, environment: Mapping[str, str]) -> None:
    """A new lab whose only researcher is this entry; `keys` are further lines of its front matter."""
    folder.mkdir(parents=True)
    repository = folder / "lab"
    copy = [sys.executable, "-m", "overnight", "labs", "copy", lab, str(repository)]
    output_of(copy, folder, {**environment, "PYTHONPATH": str(ROOT / "src")})
    program = repository / "program.md"
    front, body = re.split(r"^---\n", program.read_text(), flags=re.MULTILINE)[1:]
    front = _OWN_KEYS.sub("", front)
    if least := _LEAST.search(keys):
        front = re.sub(r"^(metric: \{.*?)(, min_effect: [^,}]*)?\}$", rf"\1, {least[0]}}}", front, flags=re.MULTILINE)
    own = f"{_LEAST.sub('', keys)}researchers:\n  - {{role: explorer, {entry}}}\n"
    program.write_text(f"---\n{front}{own}---\n{body}")
    identity = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    output_of(["git", *identity, "commit", "-qam", "The researcher of this arm"], repository)


def events_of(repository: Path, environment: Mapping[str, str]) -> Sequence[Mapping[str, object]]:
    """What happened in its campaign, by the code of the arm."""
    printed = output_of([sys.executable, "-c", EVENTS], repository, environment)
    return [json.loads(line) for line in printed.splitlines()]


def output_of(command: Sequence[str], folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command prints.

    Raises:
        RuntimeError: it fails.
    """
    done = subprocess.run(command, cwd=folder, env=environment, check=False, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"`{' '.join(command[:4])} ...` failed: {done.stderr.strip()[-500:]}")
    return done.stdout
