"""From texts, options and task files to requests, in an order in which each comes after those that it names."""

import os
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.rules import written_rules
from overnight.actions.asking.schema import ActionBudgetKeys
from overnight.actions.asking.tasks import LONGEST, Task, name_shown, parse_task
from overnight.actions.charter import ACTIONS, ActionBudget, Request
from overnight.actions.record import ActionRecord
from overnight.actions.state import Board, Stage
from overnight.errors import ProgramError, RepositoryError, UserError
from overnight.files.own import read_unlinked
from overnight.git.history import GitHistory
from overnight.git.repository import Repository, open_repository
from overnight.program.front_matter import MAX_FILE_CHARACTERS
from overnight.secrets.broker import user_broker
from overnight.words.scrubber import Scrubber
from overnight.words.secret_shapes import is_secret
from overnight.words.units import parse_count

MOST_FILES = 200  # task files at once
_MOST_BYTES = 4 * LONGEST + 100_000  # of a file: its text in UTF-8, and a front matter


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What the command line says of every task that does not say it itself."""

    repo: Path | None = None  # None: the current folder's
    checks: Sequence[str] = ()
    budget: ActionBudgetKeys | None = None
    after: Sequence[int] = ()
    show: str = ""
    plan: bool | None = None
    refactoring: bool = False
    measure: bool = False
    commit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A request that is in order."""

    request: Request
    after: Sequence[int] = ()  # indices of earlier ones in the list, beside the numbers in the request
    notes: Sequence[str] = ()  # what the person should know


def read_tasks(paths: Sequence[Path]) -> Sequence[Task]:
    """The tasks of files, each once.

    Raises:
        UserError: some cannot be read or have mistakes; the message has all of them.
    """
    files = list({path.absolute(): path for path in paths}.values())
    if len(files) > MOST_FILES:
        raise UserError(f"{len(files):,} task files at once", fix=f"give at most {MOST_FILES}")
    tasks, wrong = [], []
    for path in files:
        try:
            tasks.append(parse_task(_text(path), str(path)))
        except UserError as error:
            wrong.append(str(error))
    if wrong:
        raise UserError("\n".join(wrong))
    return tasks


def wanted_of(
    tasks: Sequence[Task], options: Options, *, board: Board, here: Path, scrubber: Scrubber | None = None
) -> Sequence[Wanted]:
    """What is to be asked for, each after those of the same list that it names, without the secrets that it quotes.

    Args:
        tasks: in any order.
        options: for what they do not say.
        board: as it is now.
        here: the current folder.
        scrubber: knows the secrets; by default those of the user.

    Raises:
        UserError: a repository cannot be worked on, or a task comes after what is not there, or after itself.
    """
    before = [_before(task, number, tasks, board) for number, task in enumerate(tasks)]
    order = _in_order(tasks, [indices for indices, _ in before])
    place = {index: position for position, index in enumerate(order)}
    repositories = _Repositories(here=here, options=options, scrubber=scrubber or user_broker().scrubber())
    _check_numbers(options.after, board)
    return [
        repositories.wanted(
            tasks[index],
            numbers=tuple(dict.fromkeys((*options.after, *before[index][1]))),
            after=sorted(place[other] for other in before[index][0]),
        )
        for index in order
    ]


def ask_all(record: ActionRecord, wanted: Sequence[Wanted], *, by: str = "owner", key: str = "") -> Sequence[int]:
    """Queue them; their numbers, in the same order. What a call with the same key has queued before is not queued again."""
    known = {action.key: number for number, action in record.board().actions.items() if action.key}
    numbers: list[int] = []
    for place, each in enumerate(wanted):
        own = f"{key} {place}" if key else ""
        after = (*each.request.after, *(numbers[index] for index in each.after))
        number = known.get(own) or record.ask(replace(each.request, after=after), by=by, key=own)
        numbers.append(number)
    return numbers


def _scrubbed(request: Request, scrubber: Scrubber) -> Request:
    """What is recorded, and sent to models."""
    return replace(
        request,
        title=scrubber.text(request.title),
        text=scrubber.text(request.text),
        checks=tuple(map(scrubber.text, request.checks)),
        show=scrubber.text(request.show),
    )


def tokens_of(text: str) -> int:
    """A number of tokens as people write it, such as 300k.

    Raises:
        UserError: it is none.
    """
    try:
        count = parse_count(text)
    except ValueError as error:
        raise UserError(f"the limit of tokens {error}, not `{name_shown(text)}`") from None
    if count < 1:
        raise UserError("the limit of tokens is below 1", fix="write a count such as 300k, or leave it out for no limit")
    return count


@dataclass(slots=True, kw_only=True)
class _Repositories:
    """The repositories of some tasks, each looked at once."""

    here: Path
    options: Options
    scrubber: Scrubber
    _known: dict[Path, tuple[Repository, ActionBudget, Sequence[str]]] = field(default_factory=dict)

    def wanted(self, task: Task, *, numbers: Sequence[int], after: Sequence[int]) -> Wanted:
        try:
            repository, usual, notes = self._looked_at(self._folder(task))
        except UserError as error:
            if task.path and task.repo:
                raise ProgramError(str(error), path=task.path, key="repo") from error
            raise
        budget, options = task.budget or self.options.budget, self.options
        request = Request(
            repo=str(repository.toplevel),
            common_dir=str(repository.common_dir),
            title=task.title,
            text=task.text,
            checks=tuple(task.checks or options.checks),
            budget=budget.record(usual) if budget else None,
            after=tuple(numbers),
            show=task.show or options.show,
            plan=options.plan if task.plan is None else task.plan,
            refactoring=task.refactoring or options.refactoring,
            measure=task.measure or options.measure,
            commit=options.commit,
        )
        return Wanted(request=_scrubbed(request, self.scrubber), after=after, notes=notes)

    def _folder(self, task: Task) -> Path:
        if not task.repo:
            return self.options.repo or self.here
        written = Path(task.repo)
        if task.repo.startswith("~"):
            try:
                written = written.expanduser()
            except RuntimeError:
                raise RepositoryError(f"there is no home folder for `{name_shown(task.repo)}`") from None
        return (Path(task.path).parent if task.path else self.here) / written

    def _looked_at(self, folder: Path) -> tuple[Repository, ActionBudget, Sequence[str]]:
        """It, the budget of its actions, and what a person should know; its `actions.md` must be in order."""
        if folder not in self._known:
            repository = open_repository(folder)
            with closing(GitHistory(repository)) as history:
                text = written_rules(history, history.resolve_start())
            rules = parse_rules(text)
            path = repository.toplevel / ACTIONS
            notes = [f"{path} is not committed as it is: actions go by the committed one"] if _differs(path, text) else []
            what = "looks like a secret: agents and checks can read it, and it is in the commit"
            notes += [f"{ACTIONS}: env.{name} {what}" for name, value in rules.env if is_secret(name, value)]
            self._known[folder] = (repository, rules.budget, notes)
        return self._known[folder]


def _differs(path: Path, committed: str) -> bool:
    """Whether a file is there that is not as it is committed."""
    try:
        return read_unlinked(path, MAX_FILE_CHARACTERS * 4) != committed.encode()
    except OSError:
        return False


def _text(path: Path) -> str:
    """A task file's text; ProgramError if it is none."""
    if path.is_dir() and not path.is_symlink():
        raise ProgramError("is a folder", path=str(path), fix=f"name its files: {path}/*.md")
    try:
        content = read_unlinked(path, _MOST_BYTES + 1)
    except OSError as error:
        why = error.strerror or str(error)
        raise ProgramError(f"cannot be read: {why[:1].lower()}{why[1:]}", path=str(path), fix="name a regular file") from None
    if len(content) > _MOST_BYTES:
        raise ProgramError(f"larger than {_MOST_BYTES:,} bytes", path=str(path), fix="shorten it")
    try:
        return content.decode()
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProgramError("not UTF-8", path=str(path), line=line, fix="save it as UTF-8") from None


def _before(task: Task, number: int, tasks: Sequence[Task], board: Board) -> tuple[Sequence[int], Sequence[int]]:
    """Which of the tasks a task comes after, and which actions."""
    indices, numbers = [], []
    for place, each in enumerate(task.after):
        if isinstance(each, int):
            if why := _cannot_wait_for(each, board):
                raise task.wrong_after(place, why, "`overnight board` lists the actions")
            numbers.append(each)
            continue
        found = [index for index, other in enumerate(tasks) if other.path and _is_named(each, other.path, task.path)]
        if not found:
            fix = "give that file too, or write the number of an action"
            raise task.wrong_after(place, f"no file `{name_shown(each)}` is among those given", fix)
        if len(found) > 1:
            names = ", ".join(tasks[index].path for index in found)
            raise task.wrong_after(place, f"`{name_shown(each)}` names several files: {names}", "write the path of one")
        if found[0] == number:
            raise task.wrong_after(place, "it would come after itself", "name another file, or delete it")
        indices += found
    return indices, numbers


def _is_named(name: str, path: str, at: str) -> bool:
    """Whether a name in the file `at` means the file `path`: its name, with or without its suffix, or a path to it."""
    file = Path(path)
    return name in {path, file.name, file.stem} or os.path.normpath(Path(at).absolute().parent / name) == str(file.absolute())


def _check_numbers(numbers: Sequence[int], board: Board) -> None:
    for number in numbers:
        if why := _cannot_wait_for(number, board):
            raise UserError(why, fix="`overnight board` lists the actions")


def _cannot_wait_for(number: int, board: Board) -> str:
    if board.standing(number) is not None:
        return ""
    if number not in board.actions:
        return f"there is no action {number}"
    was_split = board.actions[number].stage is Stage.SPLIT
    why = "was split, and a part of it was dropped" if was_split else "was dropped"
    return f"action {number} {why}, so nothing comes after it"


def _in_order(tasks: Sequence[Task], before: Sequence[Sequence[int]]) -> Sequence[int]:
    """The tasks, each after those that it comes after, else as they were given.

    Raises:
        UserError: some come after each other.
    """
    done: dict[int, None] = {}
    waiting = list(range(len(tasks)))
    while waiting:
        ready = next((index for index in waiting if all(other in done for other in before[index])), None)
        if ready is None:
            names = " after ".join(tasks[index].path for index in _cycle(waiting, before))
            raise UserError(f"these tasks come after each other: {names}", fix="delete one `after` among them")
        done[ready] = None
        waiting.remove(ready)
    return list(done)


def _cycle(waiting: Sequence[int], before: Sequence[Sequence[int]]) -> Iterator[int]:
    """The tasks of one cycle among those that all wait for others of them, its first one again at the end."""
    at = waiting[0]
    steps: dict[int, None] = {}
    while at not in steps:
        steps[at] = None
        at = next(other for other in before[at] if other in waiting)
    around = list(steps)
    yield from (*around[around.index(at) :], at)
