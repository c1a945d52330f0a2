"""Many answers to one brief: quicker than campaigns, since the model reads each prompt once.

Every arm's own code makes the same short history on a lab and writes the brief that comes after it. The editor of the working
tree asks the model again and again with that brief; what comes back is measured in one campaign that keeps nothing.

Does not cover: what a researcher learns from its own last tries, which only a campaign shows.
"""

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from arm_campaigns import FOLDER, ROOT, TAG, Arm, events_of, output_of, prepare
from shares import Counts, count

from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.editor.editor import editor_agent
from overnight.agents.editor.texts import read_texts
from overnight.agents.port import Task
from overnight.jail.job import Limits
from overnight.jail.process import ProcessExecutor
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire
from overnight.program.scope import matches

NOTHING_IS_KEPT = 1_000_000_000  # least effect, so that all answers are measured against the same head
# What was tried before on each lab, so that the brief has a history.
HISTORIES: Mapping[str, Sequence[tuple[str, str, str]]] = {
    "pricing": (
        ("policy.py", "BASE_PRICE = 25.0", "BASE_PRICE = 15.0"),
        ("policy.py", "NIGHT_FACTOR = 1.0", "NIGHT_FACTOR = 0.7"),
        ("policy.py", "WEEKEND_FACTOR = 1.0", "WEEKEND_FACTOR = 0.8"),
    ),
    "packing": (("pack.py", "JITTER = 0.02", "JITTER = 0.3"), ("pack.py", "STARTS = 3", "STARTS = 1")),
    "kernel": (
        ("kernel.py", "FIRST_BAND = 8", "FIRST_BAND = 64"),
        ("kernel.py", "BAND_GROWTH = 2.0", "BAND_GROWTH = 1.1"),
    ),
}
GATE = "gate: {max_pairs: 6}\n"
BRIEF = f"""
import pathlib
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.research.briefs.brief import write_brief
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.restore import restore
ledger = SqliteLedger.for_reading(pathlib.Path(".overnight/{TAG}"))
journal, history = Journal(ledger, restore(ledger)), GitHistory(open_repository(pathlib.Path.cwd()))
print(write_brief(Briefing(journal=journal, history=history).task("explorer")))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Answered:
    """One answer: the files that it changes, or why it changes none."""

    changed: Mapping[str, str]
    fault: str
    tokens: int


def sample(arm: Arm, lab: str, samples: int, url: str, tick: Callable[[str], None]) -> Counts:
    """What became of so many answers; those that are there already are not asked for again."""
    folder = FOLDER / f"samples-{arm.name}-{lab}"
    environment = os.environ | {"PYTHONPATH": str(arm.source())}
    if not (folder / "brief.md").exists():
        shutil.rmtree(folder, ignore_errors=True)
        prepare(folder, lab, _scripted(HISTORIES[lab]), GATE, environment)
        subprocess.run(_RUN, cwd=folder / "lab", env=environment, capture_output=True, check=False)
        (folder / "brief.md").write_text(output_of([sys.executable, "-c", BRIEF], folder / "lab", environment))
    brief = (folder / "brief.md").read_text()
    kept = folder / "answers.jsonl"
    answers = [json.loads(line) for line in kept.read_text().splitlines()] if kept.exists() else []
    with kept.open("a") as file:
        for _ in range(samples - len(answers)):
            answers.append(asdict(asyncio.run(_ask(arm, folder / "lab", brief, url))))
            file.write(json.dumps(answers[-1]) + "\n")
            file.flush()
            tick(lab)
    return _measured(folder, lab, answers[:samples])


_RUN = [sys.executable, "-m", "overnight", "run", "--tag", TAG, "--plain", "--no-report"]


def _scripted(edits: Sequence[tuple[str, str, str]]) -> str:
    return f"use: scripted, edits: {json.dumps(edits)}"


async def _ask(arm: Arm, repository: Path, brief: str, url: str) -> _Answered:
    """One answer by the editor of the working tree, in a copy of the lab's files."""
    editable = next(line for line in (repository / "program.md").read_text().splitlines() if line.startswith("editable:"))
    globs = [glob.strip() for glob in editable.partition("[")[2].partition("]")[0].split(",")]
    provider = Provider(name="small", base_url=url, wires=(Wire.OPENAI_CHAT,), model="small")
    form = arm.entry.partition("edit_form: ")[2]
    with TemporaryDirectory() as place:
        work = Path(place) / "work"
        shutil.copytree(repository, work, ignore=shutil.ignore_patterns(".git", ".overnight"))
        before = read_texts(work, lambda path: matches(path, globs))
        gateway = Gateway([provider], Prices(table={}), allowance=SpendingLimit(), called=lambda _: None, environment={})
        async with gateway as models:
            executor, spec = ProcessExecutor(slots=1, search_path=""), AgentSpec(use="editor", edit_form=form)
            context = AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=Path(place), slot=0, models=models)
            task = Task(folder=work, role="explorer", may_edit=lambda path: matches(path, globs))
            async with editor_agent(context).open(task) as session:
                turn = await session.turn(brief)
                tokens = session.usage.tokens
        after = read_texts(work, lambda path: matches(path, globs))
    changed = {path: text for path, text in after.items() if before.get(path) != text}
    return _Answered(changed=changed, fault=turn.fault, tokens=tokens)


def _measured(folder: Path, lab: str, answers: Sequence[Mapping[str, object]]) -> Counts:
    """The counts of answers; each different edit is measured once, in a campaign behind the edits of the history."""
    history = HISTORIES[lab]
    path = history[0][0]  # each lab has one editable file
    text = (folder / "lab" / path).read_text()
    edits = [dict(answer["changed"])[path] for answer in answers if answer["changed"]]  # type: ignore[call-overload]  # ours
    tried = {text.replace(old, new, 1) for _, old, new in history}
    different = [edit for edit in dict.fromkeys(edits) if edit not in tried]
    replay = folder / f"replay-{len(answers)}"
    environment = os.environ | {"PYTHONPATH": str(ROOT / "src")}
    if different and not replay.exists():
        rows = [*history, *((path, text, edit) for edit in different)]
        prepare(replay, lab, _scripted(rows), f"{GATE}min_effect: {NOTHING_IS_KEPT}", environment)
        subprocess.run(_RUN, cwd=replay / "lab", env=environment, capture_output=True, check=False)
    events = events_of(replay / "lab", environment) if different else []
    counts = count([event for event in events if int(str(event.get("number", 0))) > len(history)])
    outside = {different[at] for at in range(len(different)) if _is_outside(events, at + 1 + len(history))}
    return Counts(
        asked=len(answers),
        edits=len(edits),
        in_scope=sum(edit not in outside for edit in edits),
        new=counts.new,
        run=counts.run,
        better=counts.better,
        tokens=sum(int(str(answer["tokens"])) for answer in answers),
    )


def _is_outside(events: Sequence[Mapping[str, object]], number: int) -> bool:
    """Whether an experiment was rejected for another reason than that it was tried before."""
    ended = next((event for event in events if event["kind"] == "concluded" and event["number"] == number), {})
    return ended.get("verdict") == "reject" and "tried" not in str(ended["reason"])
