"""A simulated day of actions on one repository: real git, the real trunk and merge queue, coders and checks without models.

    python bench/actions/day.py [--actions 200] [--seeds 1]
    python bench/actions/day.py --ten      # ten merges, one after the other

Files hold lines `def NAME` and `use NAME`. A tree is sound if each name is defined once and each use has a definition. That
is what the two checks find out, except that a run of one fails for nothing with a chance of 5 %. Actions begin on the head of
their time, ten at once, and rename, add, use and remove names: many touch the same lines, and many are fine alone and break
together. A user commits in between, takes the trunk into main now and then, and checks it out for a while.

Breakages are heads of the trunk that a clean run of the checks would have refused. Good results are those that passed their
checks and that the person accepted.
"""

import argparse
import random
import re
import tempfile
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import anyio

from overnight.actions.charter import Request, Role, Rules
from overnight.actions.events import Asked, Begun, Checked, Event, Judged, Reviewed, TurnBegun, TurnEnded, Waiting, Word
from overnight.actions.findings import CheckOutcome, Evidence, TurnOutcome
from overnight.actions.fold import fold
from overnight.actions.state import Action, Board, Stage, TrunkState
from overnight.actions.trunk.merging import Merging
from overnight.actions.trunk.trunk import BRANCH, GitTrunk
from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.git.process import run
from overnight.git.repository import open_repository
from overnight.ledger.port import Recorded

FLAKY = 0.05  # of the runs of a check
AT_ONCE = 10
MODULES = 12  # files
NAMES = 60  # at first
USER_COMMITS = 0.03  # of the steps
PULLS = 0.3  # of the user's commits: made on top of the trunk
USER_LOOKS = 0.01  # of the steps: the user checks the trunk out
CLUMSY = 0.2  # of the turns after a conflict: the markers are left
WRONG = 0.1  # of the actions: their coder breaks something
RULES = "---\nchecks: [defined, unique]\n---\n"
_LINE = re.compile(r"(def|use) (\w+)")
Tree = Mapping[str, str]


def faults(tree: Tree, check: str) -> Sequence[str]:
    """What one check finds in a tree, without chance."""
    lines = [line for text in tree.values() for line in text.splitlines()]
    parsed = [_LINE.fullmatch(line) for line in lines]
    if None in parsed:
        return ["a line that is none"]
    words = [(found[1], found[2]) for found in parsed if found]
    defined = [name for what, name in words if what == "def"]
    if check == "defined":
        return sorted({name for what, name in words if what == "use"} - set(defined))
    return sorted({name for name in defined if defined.count(name) > 1})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What an action is for; done again on another tree, it means the same."""

    what: str
    name: str
    other: str
    module: str

    def on(self, tree: Tree) -> Tree:
        """The tree with it."""
        if self.what == "rename":
            return {path: re.sub(rf"\b{self.name}\b", self.other, text) for path, text in tree.items()}
        if self.what == "remove":
            gone = re.compile(rf"^(def|use) {self.name}\n", re.MULTILINE)
            return {path: gone.sub("", text) for path, text in tree.items()}
        defined = any(f"def {self.name}\n" in text for text in tree.values())
        line = f"use {self.name}\n" if self.what == "use" and defined else f"def {self.other}\nuse {self.other}\n"
        if any(f"def {self.other}\n" in text for text in tree.values()) and "def" in line:
            return tree
        lines = tree.get(self.module, "").splitlines(keepends=True)
        at = len(self.name) * 7 % (len(lines) + 1)
        return {**tree, self.module: "".join([*lines[:at], line, *lines[at:]])}


def a_change(random: random.Random, tree: Tree) -> Change:
    """What somebody wants of a tree."""
    defined = sorted({name for text in tree.values() for name in re.findall(r"^def (\w+)$", text, re.MULTILINE)})
    return Change(
        what=random.choices(("rename", "remove", "use", "add"), (3, 1, 4, 4))[0],
        name=random.choice(defined),
        other=f"f{random.randrange(300)}x",
        module=f"m{random.randrange(MODULES)}.txt",
    )


@dataclass(slots=True, kw_only=True)
class FlakyChecks:
    """The port `Checks`, in this process."""

    read: Callable[[str], Tree]
    random: random.Random
    runs: int = 0

    async def run(self, commit: str, commands: Sequence[str]) -> Sequence[CheckOutcome]:
        """Run commands; now and then one fails for nothing."""
        return [self._one(commit, command) for command in commands]

    def _one(self, commit: str, command: str) -> CheckOutcome:
        self.runs += 1
        found = faults(self.read(commit), command) or (["a time-out"] if self.random.random() < FLAKY else [])
        return CheckOutcome(command=command, passed=not found, reason=", ".join(found))

    async def evidence(self, *, base: str, commit: str, request: Request, rules: Rules) -> Evidence:
        """The checks alone, as often as the merge queue runs them."""
        commands = ("defined", "unique", *request.checks, *rules.checks)
        before, after = await self.run(base, commands), await self.run(commit, commands)
        again = [each if each.passed else (await self.run(commit, [each.command]))[0] for each in after]
        return Evidence(before=before, after=again)


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a day came to."""

    asked: int = 0
    good: int = 0  # accepted once
    merged: int = 0  # of them
    breakages: int = 0
    returned: int = 0
    conflicts: int = 0
    user_commits: int = 0
    apart: int = 0  # times that the user's commits did not fit
    held: int = 0  # times that a merge waited because the trunk was checked out
    left: list[str] = field(default_factory=list)  # where good results that did not merge ended
    wall_s: float = 0.0


@dataclass(slots=True, kw_only=True)
class Day:
    """One day on one repository."""

    folder: Path
    actions: int
    random: random.Random
    outcome: Outcome = field(default_factory=Outcome)
    _board: Board = field(default_factory=Board)
    _known: dict[int, Action] = field(default_factory=dict)  # all actions: the board forgets old ones
    _wishes: dict[int, Change] = field(default_factory=dict)
    _wrong: set[int] = field(default_factory=set)
    _good: set[int] = field(default_factory=set)
    _looking: bool = False
    _seen: str = ""
    _history: GitHistory = field(init=False)
    _trunk: GitTrunk = field(init=False)
    _checks: FlakyChecks = field(init=False)

    async def live(self) -> Outcome:
        """Everything that happens."""
        began = time.monotonic()
        self._make()
        repository = open_repository(self.folder)
        with closing(GitHistory(repository)) as history:
            self._history, self._trunk = history, GitTrunk(repository=repository, history=history)
            self._checks = FlakyChecks(read=self._tree, random=self.random)
            while self.outcome.asked < self.actions or self._flowing():
                await self._step()
            self.outcome.wall_s = time.monotonic() - began
        merged = {number for number in self._good if self._known[number].merged}
        self.outcome.good, self.outcome.merged = len(self._good), len(merged)
        self.outcome.left = [f"{n}: {self._known[n].stage}" for n in sorted(self._good - merged)]
        return self.outcome

    async def merge_ten(self) -> float:
        """Ten actions of one base, merged one after the other; s."""
        self._make()
        repository = open_repository(self.folder)
        with closing(GitHistory(repository)) as history:
            self._history, self._trunk = history, GitTrunk(repository=repository, history=history)
            self._checks = FlakyChecks(read=self._tree, random=self.random)
            base = self._trunk.head()
            for number in range(1, self.actions + 1):
                self._ask()
                self._note(Begun(action=number, base=base, rules=RULES))
                files = [_file(f"m{number}.txt", f"def new{number}\n")]
                commit = history.record_attempt(
                    tag="actions", group=str(number), number=1, base=base, changes=files, message="m"
                )
                ended = TurnEnded(action=number, turn=1, role=Role.CODER, outcome=TurnOutcome(text=""), commit=commit)
                self._note(ended)
                self._note(Waiting(action=number))
                self._note(Judged(action=number, word=Word.ACCEPT, commit=commit))
            began = time.monotonic()
            for action in tuple(self._board.actions.values()):
                await self._merge(action)
            return time.monotonic() - began

    def _make(self) -> None:
        names = [f"f{number}" for number in range(NAMES)]
        texts = {f"m{n}.txt": "".join(f"def {name}\n" for name in names[n::MODULES]) for n in range(MODULES)}
        self.folder.mkdir(parents=True)
        for path, text in {**texts, "actions.md": RULES}.items():
            (self.folder / path).write_text(text)
        for command in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", "start")):
            self._git(*command)

    def _git(self, *arguments: str, check: bool = True) -> str:
        """Git as the user would run it."""
        who = {f"GIT_{who}_{what}": "user" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
        environment = {"PATH": "/usr/bin:/bin", "GIT_CONFIG_GLOBAL": "/dev/null", **who}
        done = run(arguments, folder=self.folder, environment=environment)
        if check and done.returncode:
            raise AssertionError(done.stderr.decode())
        return done.stdout.decode().strip()

    def _tree(self, commit: str) -> Tree:
        paths = [file.path for file in self._history.files(commit) if file.path != "actions.md"]
        return {path: text.decode() for path, text in self._history.read_files(commit, paths).items()}

    def _flowing(self) -> Sequence[Action]:
        ended = (Stage.MERGED, Stage.DROPPED, Stage.SPLIT)
        return [action for action in self._board.actions.values() if action.stage not in ended]

    async def _step(self) -> None:
        chance = self.random.random()
        if chance < USER_COMMITS:
            return self._user_commits()
        if chance < USER_COMMITS + USER_LOOKS and self._history.resolve(f"refs/heads/{BRANCH}"):
            return self._user_looks()
        flowing = self._flowing()
        if len(flowing) < AT_ONCE and self.outcome.asked < self.actions:
            return self._ask()
        action = self.random.choice(flowing)
        steps = {
            Stage.QUEUED: self._begin,
            Stage.CODING: self._code,
            Stage.CHECKING: self._check,
            Stage.REVIEWING: self._review,
            Stage.READY: self._present,
            Stage.WAITING: self._judge,
            Stage.MERGING: self._merge,
        }
        await steps[action.stage](action)
        return None

    def _ask(self) -> None:
        self.outcome.asked += 1
        number = self.outcome.asked
        if self.random.random() < WRONG:
            self._wrong.add(number)
        self._note(Asked(action=number, request=Request(repo=str(self.folder), title=f"Action {number}", text="", plan=False)))

    async def _begin(self, action: Action) -> None:
        await self._merging(action).catch_up(action)
        self._see()
        base = self._trunk.head()
        self._wishes[action.number] = a_change(self.random, self._tree(base))
        self._note(Begun(action=action.number, base=base, rules=RULES))

    async def _code(self, action: Action) -> None:
        turn = action.turns + 1
        self._note(TurnBegun(action=action.number, turn=turn, role=Role.CODER))
        clumsy = action.why_fix == "merge" and self.random.random() < CLUMSY
        before = self._tree(action.start)
        after = before if clumsy else self._wishes[action.number].on(self._tree(action.base))
        if action.number in self._wrong and not action.turns:
            after = {**after, "m0.txt": after["m0.txt"] + "use nothing\n"}
        paths = sorted({*before, *after})
        changes = [_file(path, after.get(path)) for path in paths if before.get(path) != after.get(path)]
        commit = action.onto
        if changes:
            commit = self._history.record_attempt(
                tag="actions", group=str(action.number), number=turn, base=action.start, changes=changes, message="m"
            )
        outcome = TurnOutcome(text="done")
        self._note(TurnEnded(action=action.number, turn=turn, role=Role.CODER, outcome=outcome, commit=commit))

    async def _check(self, action: Action) -> None:
        evidence = await self._checks.evidence(
            base=action.commit_base, commit=action.commit, request=action.request, rules=Rules()
        )
        left = self._merging(action).leftovers(action, action.commit)
        self._note(
            Checked(action=action.number, commit=action.commit, evidence=replace(evidence, after=(*evidence.after, *left)))
        )

    async def _review(self, action: Action) -> None:
        self._note(Reviewed(action=action.number, commit=action.commit, findings=(), outcome=TurnOutcome(text="")))

    async def _present(self, action: Action) -> None:
        if word := self._merging(action).carried(action):
            return self._note(word)
        why = action.unusable or ("checks fail" if action.evidence and action.evidence.broken else "")
        return self._note(Waiting(action=action.number, why=why))

    async def _judge(self, action: Action) -> None:
        if action.waiting:
            word = Word.DROP if not action.commit or action.turns > AT_ONCE else Word.SEND_BACK
            self._note(Judged(action=action.number, word=word, text="Again."))
        else:
            self._good.add(action.number)
            self._note(Judged(action=action.number, word=Word.ACCEPT, commit=action.commit))

    async def _merge(self, action: Action) -> None:
        after = await self._merging(action).step(action)
        self._see()
        self.outcome.returned += after.merge_rounds > action.merge_rounds
        self.outcome.conflicts += after.merge_rounds > action.merge_rounds and bool(after.conflicts)

    def _see(self) -> None:
        """The hidden oracle looks at the trunk."""
        head = self._trunk.head()
        if head == self._seen:
            return
        self._seen, tree = head, self._tree(head)
        broken = [fault for check in ("defined", "unique") for fault in faults(tree, check)]
        self.outcome.breakages += bool(broken)

    def _merging(self, action: Action) -> Merging:
        @asynccontextmanager
        async def alone() -> AsyncIterator[None]:
            yield

        def note(event: Event) -> Action:
            self._note(event)
            return self._board.actions[action.number]

        repo = str(self.folder)
        return Merging(
            rules=Rules(checks=("defined", "unique")),
            checks=self._checks,
            trunk=self._trunk,
            record=note,
            known=lambda: self._board.trunks.get(repo),
            alone=alone,
        )

    def _note(self, event: Event) -> None:
        before = self._board.trunks
        entry = Recorded(seq=self._board.seq + 1, at=float(self._board.seq), event=event, digest="")
        self._board = fold(self._board, entry)
        self._known.update(self._board.actions)
        for repo, trunk in self._board.trunks.items():
            self.outcome.apart += bool(trunk.apart) and trunk.apart != before.get(repo, TrunkState(head="")).apart
            self.outcome.held += bool(trunk.held) and trunk.held != before.get(repo, TrunkState(head="")).held

    def _user_commits(self) -> None:
        """A sound commit of the user's on main, who sometimes takes the trunk in before."""
        if self._looking:
            return
        if self._history.resolve(f"refs/heads/{BRANCH}") and (self._trunk_is_apart() or self.random.random() < PULLS):
            self._git("reset", "-q", "--hard", BRANCH)  # as after a pull request of the trunk into main that was squashed
        before = self._tree(self._history.resolve_start())
        after = a_change(self.random, before).on(before)
        if after == before or faults(after, "defined") or faults(after, "unique"):
            return
        for path, text in after.items():
            (self.folder / path).write_text(text)
        self._git("add", "-A")
        if self._git("status", "--porcelain"):
            self._git("commit", "-q", "-m", "user")
            self.outcome.user_commits += 1

    def _trunk_is_apart(self) -> bool:
        trunk = self._board.trunks.get(str(self.folder))
        return bool(trunk and trunk.apart)

    def _user_looks(self) -> None:
        """The user checks the trunk out, or main again."""
        self._git("switch", "-q", "main" if self._looking else BRANCH)
        self._looking = not self._looking


def _file(path: str, text: str | None) -> FileChange:
    return FileChange(path=path, content=text.encode() if text is not None else None)


def a_day(*, actions: int, seed: int) -> Outcome:
    """Live one day."""
    with tempfile.TemporaryDirectory() as folder:
        return anyio.run(Day(folder=Path(folder, "repo"), actions=actions, random=random.Random(seed)).live)


def ten_merges() -> float:
    """How long ten merges take, each with its look at what the user did and its checks in this process, s."""
    with tempfile.TemporaryDirectory() as folder:
        day = Day(folder=Path(folder, "repo"), actions=10, random=random.Random(1))
        return anyio.run(day.merge_ten)


def main() -> None:
    """Print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=200)
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--ten", action="store_true")
    asked = parser.parse_args()
    if asked.ten:
        print(f"ten merges: {ten_merges():.2f} s")
        return
    for seed in range(asked.seeds):
        found = a_day(actions=asked.actions, seed=seed)
        share = found.merged / found.good if found.good else 0.0
        print(
            f"seed {seed}: breakages {found.breakages}, good results that merged {found.merged} of {found.good} ({share:.1%})"
        )
        print(
            f"  {found.returned} returned, {found.conflicts} of them for a conflict; {found.user_commits} commits of the user,"
        )
        print(f"  which did not fit {found.apart} times; the trunk was held {found.held} times; {found.wall_s:.0f} s")
        print(f"  good results that did not merge: {', '.join(found.left) or 'none'}")


if __name__ == "__main__":
    main()
