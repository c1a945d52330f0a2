"""A hub in a repository, whole but for jail and HTTP: trials are numbers, and workers hand their requests to the desk."""

import random
import subprocess
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import anyio
from pool_gate import BOUNDS, FOUNDERS, METRIC
from pool_worlds import Habit, Laboratory, Population, Sent, Setting

from overnight.gate.early_stopping import StoppingBar
from overnight.gate.trial import Stage, Trial, TrialKey
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.repository import Repository, open_repository
from overnight.pool.changes import changes_digest, sent, stated
from overnight.pool.hub.kind import hub_kind
from overnight.pool.hub.opening import hub_folder, hub_key, open_hub
from overnight.pool.hub.program import hub_program
from overnight.pool.hub.running import HubRunner
from overnight.pool.hub.settings import HubSettings, read_hub_settings
from overnight.pool.keys import SecretKey
from overnight.pool.messages import Answer, Commit, Refusal, Reveal, Signed, commitment, sign_request
from overnight.pool.record.record import HubRecord
from overnight.pool.record.tables import JUDGED
from overnight.pool.serving.counter import MOST_AT_ONCE
from overnight.pool.serving.desk import Desk, Rules
from overnight.pool.work.submitting import found_work
from overnight.research.kind import TrialsFor
from overnight.research.loop.command import TrialFailed
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest, open_session

WAITING = 40  # submissions that always wait
LATE = 0.2  # share of workers whose copy of the chain is one entry old
WORK_BITS = 4
IDEAS = "ideas/"
TAG = "meta-pool"  # campaigns that run their own kind of trials have such names
FILES = {
    "program.md": FOUNDERS,
    "hub.yaml": f"project: bench\nworker: {{score: python public.py}}\nbounds: [{BOUNDS[0]}, {BOUNDS[1]}]\n"
    f"verdicts_every_s: 0\nwork_bits: {WORK_BITS}\ncanaries: false\nfurther_pairs: 0\ntag: {TAG}\n",
    "train.py": "X = 1\n",
    "ideas/n0.py": "IDEA = 0\n",
    "score.py": "# what is measured here is simulated\n",
    "public.py": "# the same\n",
}


@dataclass(slots=True, kw_only=True)
class Numbers:
    """The seam of trials: what a tree is worth by the ideas in it; implements `Trials`."""

    laboratory: Laboratory
    ideas: dict[str, Sent]  # by the path of its file
    history: GitHistory
    paths: dict[str, Sequence[str]] = field(default_factory=dict)  # of a commit's ideas
    trials: int = 0

    async def run(
        self, key: TrialKey, *, commit: str, tree: str, seed: int, slot: int, bar: StoppingBar | None = None
    ) -> Trial:
        """One trial."""
        del slot, bar
        await anyio.lowlevel.checkpoint()
        if commit not in self.paths:
            self.paths[commit] = [path for path in self.history.paths(commit) if path in self.ideas]
        ideas = [self.ideas[path] for path in self.paths[commit]]
        level = self.laboratory.score - sum(each.sealed if key.stage is Stage.HOLDOUT else each.score for each in ideas)
        value = self.laboratory.trial(level, key.arm, seed, fixed=any(each.fixed for each in ideas))
        self.trials += 1
        return Trial(key=key, seed=seed, tree=tree, value=value, metrics={METRIC: value}, wall_s=1.0)

    async def checks(self, commit: str, slot: int, *, number: int = 0) -> TrialFailed | None:
        """None fails."""

    def with_changes(self, changes: Sequence[FileChange]) -> "Numbers":
        """Nobody searches here."""
        raise NotImplementedError

    def forget(self, number: int) -> None:
        """Nothing is kept."""


@dataclass(slots=True, kw_only=True)
class Workers:
    """Workers that sign what they send, at a desk."""

    desk: Desk
    people: Population
    draw: random.Random
    project: str
    ideas: dict[str, Sent] = field(default_factory=dict)
    sent: dict[int, Sent] = field(default_factory=dict)  # by the number of the submission
    refused: dict[str, int] = field(default_factory=dict)  # by code
    _noticed: int = 0  # the newest experiment whose verdict is known
    _keys: dict[int, SecretKey] = field(default_factory=dict)
    _heads: list[str] = field(default_factory=list)  # newest last

    def notice(self) -> None:
        """See verdicts: what was judged may be copied."""
        new = [
            each for each in self.desk.record.submissions(most=WAITING, state=JUDGED) if (each.experiment or 0) > self._noticed
        ]
        for each in sorted(new, key=lambda each: each.experiment or 0):
            self._noticed = each.experiment or 0
            self.people.seen.append(self.sent[each.number])
            if each.accepted:
                self.people.accepted.append(self.sent[each.number])

    def fill(self) -> None:
        """Send until enough wait."""
        self.notice()
        while (missing := WAITING - len(self.desk.record.waiting())) > 0:
            self._send([self.draw.randrange(len(self.people.habits)) for _ in range(min(missing + 8, MOST_AT_ONCE))])

    def _send(self, workers: Sequence[int]) -> None:
        """Commit, then reveal what may be."""
        self.desk.chain.follow()
        if [*self._heads[-1:]] != [self.desk.chain.head]:
            self._heads.append(self.desk.chain.head)
        made = [
            (self._key(worker), self.people.send(worker), self._parent(), self.draw.randbytes(32).hex()) for worker in workers
        ]
        changes = [self._change(each) for _, each, _, _ in made]
        digests = [changes_digest(parent, [stated(change)]) for (_, _, parent, _), change in zip(made, changes, strict=True)]
        commits = [
            self._signed(key, self._commit(key, parent, commitment(salt=salt, digest=digest, key=key.public)))
            for (key, _, parent, salt), digest in zip(made, digests, strict=True)
        ]
        reveals, revealed = [], []
        for answer, (key, each, _, salt), change in zip(self._taken(commits), made, changes, strict=True):
            if answer:
                text = f"it helps, says {self.draw.random()}"
                body = Reveal(submission=answer.submission, salt=salt, files=(sent(change),), hypothesis=text)
                reveals.append(self._signed(key, body))
                revealed.append((each, change))
        for answer, (each, change) in zip(self._taken(reveals), revealed, strict=True):
            if answer:
                self.sent[answer.submission] = each
                self.ideas[change.path] = each

    def _taken(self, requests: Sequence[Signed]) -> Sequence[Answer | None]:
        """The answers; None for what was refused, which is counted."""
        answers = self.desk.take_all(requests)
        for each in answers:
            if isinstance(each, Refusal) or each.state == "refused":
                self.refused[each.code] = self.refused.get(each.code, 0) + 1
        return [None if isinstance(each, Refusal) or each.state == "refused" else each for each in answers]

    def _key(self, worker: int) -> SecretKey:
        return self._keys.setdefault(worker, SecretKey(f"worker {worker}".encode().ljust(32)))

    def _parent(self) -> str:
        return self._heads[-2] if len(self._heads) > 1 and self.draw.random() < LATE else self._heads[-1]

    def _change(self, each: Sent) -> FileChange:
        """A file of its own for each idea; a copy says the same, or adds words, or adds code that does nothing."""
        code = f"IDEA = {each.idea}\n"
        if each.habit is Habit.COPY:
            code += self.draw.choice(("", "# in other words\n", f"PAD = {self.draw.random()}\n"))
        return FileChange(path=f"{IDEAS}n{each.idea}.py", content=code.encode())

    def _commit(self, key: SecretKey, parent: str, made: str) -> Commit:
        return Commit(parent=parent, commitment=made, work=found_work(key.public, made, WORK_BITS))

    def _signed(self, key: SecretKey, body: Commit | Reveal) -> Signed:
        nonce = self.desk.nonce(key.public)
        return sign_request(body, key=key, hub=self.desk.genesis.hub, project=self.project, nonce=nonce)


@dataclass(slots=True, kw_only=True)
class Hub:
    """A hub that verifies; what it found is in its record."""

    repository: Repository
    settings: HubSettings
    workers: Workers
    runner: HubRunner
    laboratory: Laboratory
    numbers: Numbers | None = None

    async def run(self, submissions: int, secret: str) -> None:
        """Verify so many."""
        with HubRecord(hub_folder(self.repository)) as record, closing(GitHistory(self.repository)) as history:
            kind = replace(
                hub_kind(self.settings, record, history), trials=partial(self._numbers, history), secret=secret, notes=()
            )
            request = SessionRequest(experiments=submissions, sandbox="process", slots=1)
            with open_session(self.repository, request, Stop(), [], kind=kind) as campaign:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(self._keep_filling)
                    await campaign.run()
                    tasks.cancel_scope.cancel()
        self.runner.settle()

    def _numbers(self, history: GitHistory, _for: TrialsFor) -> Numbers:
        self.numbers = Numbers(laboratory=self.laboratory, ideas=self.workers.ideas, history=history)
        return self.numbers

    async def _keep_filling(self) -> None:
        """Settle and send, beside the campaign."""
        while True:
            self.runner.settle()
            self.workers.fill()
            await anyio.sleep(0.05)


def founded(folder: Path) -> tuple[Repository, HubSettings]:
    """A hub that was opened in a new repository."""
    (folder / IDEAS).mkdir(parents=True)
    for name, text in FILES.items():
        (folder / name).write_text(text)
    git = ("git", "-c", "user.name=bench", "-c", "user.email=bench@localhost")
    for command in (("init", "-q"), ("add", "-A"), ("commit", "-q", "-m", "start")):
        subprocess.run([*git, *command], cwd=folder, check=True)
    repository = open_repository(folder)
    settings = read_hub_settings(repository)
    open_hub(repository, settings)
    return repository, settings


def hub_in(folder: Path, setting: Setting, seed: int) -> Hub:
    """A hub and its workers; close the record of its desk."""
    repository, settings = founded(folder)
    key, program = hub_key(repository), hub_program(repository, settings)
    rules = Rules(behind=settings.stale_after, work_bits=settings.work_bits)
    desk = Desk(HubRecord(hub_folder(repository)), key, settings.project, program, rules=rules)
    workers = Workers(
        desk=desk, people=Population(setting, seed), draw=random.Random(f"workers {seed}"), project=settings.project
    )
    return Hub(
        repository=repository,
        settings=settings,
        workers=workers,
        runner=HubRunner(repository=repository, settings=settings, program=program, key=key, say=lambda _: None),
        laboratory=Laboratory(setting, random.Random(f"trials {seed}")),
    )
