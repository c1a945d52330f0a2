"""An action: a paragraph from a person, of which agents make a result that waits to be judged."""

import hashlib
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Annotated

from annotated_types import Ge, Gt

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.requests import Options, Wanted, ask_all, read_tasks, wanted_of
from overnight.actions.asking.rules import written_rules
from overnight.actions.asking.schema import ActionBudgetKeys
from overnight.actions.asking.tasks import Task, task_of
from overnight.actions.operations._record import board_now, sees
from overnight.actions.operations._signs import read_signs
from overnight.actions.operations._starting import have_board
from overnight.actions.record import ActionRecord
from overnight.actions.roles.readiness import require_coder
from overnight.actions.state import ENDED, Board, Stage
from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository, open_repository
from overnight.operations.operation import Argument, Context, Followed, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, listed

NAME = 100  # characters of a foreign name in a message
NAMED = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class DoInput:
    """What is asked for, and what it may use."""

    text: Annotated[str, Argument(about="What is to be done, in your words; its first line is the title.")]
    repo: Annotated[str, Option(about="The repository; by default the one around this folder.", metavar="PATH")] = ""
    tokens: Annotated[int | None, Ge(1), Option(about="That its agents may use.")] = None
    cost_usd: Annotated[float | None, Gt(0), Option(about="Dollars that its agents may use.")] = None
    after: Annotated[tuple[int, ...], Option(about="The number of an action that must be merged before; again for more.")] = ()
    check: Annotated[tuple[str, ...], Option(about="A command that must pass, beside the repository's; again for more.")] = ()
    show: Annotated[str, Option(about="A command that shows what it does now, such as a screenshot.", metavar="CMD")] = ""
    plan: Annotated[bool | None, Option(about="Whether a planner is asked first; by default for a long text.")] = None
    refactoring: Annotated[bool, Option(about="The same tests must pass, and no new one must have failed before.")] = False
    measure: Annotated[bool, Option(about="It ends in a campaign: a proven gain of the metric of program.md is asked for.")] = (
        False
    )
    branch: Annotated[str, Option(about="A branch or commit that is there already: it is checked, reviewed and merged.")] = ""
    later: Annotated[bool, Option(about="Only queue it: do not start the board.")] = False
    file: Annotated[tuple[Path, ...], Option(about="Task files, in place of a text.")] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedAction:
    """One action that was asked for."""

    number: int
    title: str
    folder: str  # top of the repository's checkout
    after: Sequence[int]  # actions that are merged before it begins


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedActions:
    """What `do --json` prints."""

    actions: Sequence[AskedAction]
    process: int | None  # that runs the board; null: none does, and nothing begins
    notes: Sequence[str]  # what to know beside it


def run(context: Context, given: DoInput) -> AskedActions:
    """Queue it, and have a board that runs."""
    wanted = _wanted(context, given, board_now())
    notes = list(dict.fromkeys(note for each in wanted for note in each.notes))
    notes += _notes_of_roles(wanted, context.environment or os.environ)
    with ActionRecord() as record:
        numbers = ask_all(record, wanted, by=str(context.principal), key=context.key)
        requests = {number: record.board().actions[number].request for number in numbers}
        notes += _notes_of_room(record)
    board = have_board(context.environment, start=not given.later)
    return AskedActions(
        actions=tuple(
            AskedAction(number=number, title=request.title, folder=request.repo, after=tuple(request.after))
            for number, request in requests.items()
        ),
        process=board.process,
        notes=(*notes, board.note) if board.note else tuple(notes),
    )


def _wanted(context: Context, given: DoInput, board: Board) -> Sequence[Wanted]:
    """The requests that an input makes.

    Raises:
        UserError: it says nothing, or names no repository that an action can work on, or an action that is not there.
    """
    for number in given.after:
        if number in board.actions and not sees(context, board.actions[number]):
            raise UserError(f"there is no action {number}", fix="`overnight board` lists the actions")
    tasks = _tasks(given)
    folder = folder_of(context, given.repo) if given.repo or context.address or not given.file else None
    if given.cost_usd is not None and not isfinite(given.cost_usd):
        raise UserError(
            f"the limit of dollars is {given.cost_usd}", fix="write a number such as 2.50, or leave it out for no limit"
        )
    budget = ActionBudgetKeys.model_validate({"tokens": given.tokens, "cost_usd": given.cost_usd})
    options = Options(
        repo=folder,
        checks=given.check,
        budget=budget if given.tokens or given.cost_usd else None,
        after=given.after,
        show=given.show,
        plan=given.plan,
        refactoring=given.refactoring,
        measure=given.measure,
        commit=_commit(open_repository(folder or context.where), given.branch) if given.branch else "",
    )
    return wanted_of(tasks, options, board=board, here=context.where)


def _tasks(given: DoInput) -> Sequence[Task]:
    clean = user_broker().scrubber().text
    if given.file:
        if given.text.strip():
            raise UserError("a text and files cannot be given together", fix="write the text into a file, or ask twice")
        return [replace(task, title=clean(task.title), text=clean(task.text)) for task in read_tasks(given.file)]
    text = clean(given.text)
    if not text.strip() and given.branch:
        text = f"Merge {given.branch}"
    if not text.strip():
        raise UserError("nothing is asked for", fix='write it in quotes: overnight do "Let users export their data as CSV"')
    return [task_of(text)]


def folder_of(context: Context, named: str) -> Path:
    """The repository that is meant: of a face one that it serves, by its name; on a command line a folder.

    Raises:
        UserError: a face serves no such one.
    """
    if context.address is None:
        return context.where / Path(named).expanduser()
    served = context.repositories
    if not named and len(served) == 1:
        return next(iter(served.values()))
    if named not in served:
        what = f"no repository `{printable(named, NAME)}` is served here" if named else "it is not said in which repository"
        raise UserError(what, fix=f"`repo` is one of: {listed(served, NAMED) or 'none'}")
    return served[named]


def _commit(repository: Repository, name: str) -> str:
    with closing(GitHistory(repository)) as history:
        found = history.resolve(name)
    if found is None:
        raise UserError(f"there is no branch or commit `{printable(name, NAME)}`", fix="see `git branch`")
    return found


def _notes_of_room(record: ActionRecord) -> Iterator[str]:
    """Why it does not begin, if that is up to a person."""
    waiting = len(record.board().in_stage(Stage.WAITING))
    if waiting >= read_signs(record.folder).most_waiting:
        yield f"nothing new begins while {counted(waiting, 'result')} wait for you: overnight review"


def _notes_of_roles(wanted: Sequence[Wanted], environment: Mapping[str, str]) -> Iterator[str]:
    """What to know about those that would work; raises UserError if nobody can code."""
    for folder in dict.fromkeys(each.request.repo for each in wanted if not each.request.commit):
        repository = open_repository(Path(folder))
        with closing(GitHistory(repository)) as history:
            rules = parse_rules(written_rules(history, history.resolve_start()))
        yield from require_coder(rules.roles, environment, repository.toplevel)


def requires(context: Context, given: DoInput) -> None:
    """Nobody asks the owner about what nobody here could code."""
    for _ in _notes_of_roles(_wanted(context, given, board_now()), context.environment or os.environ):
        pass


def state(context: Context, given: DoInput) -> str:
    """What an approval is bound to, beside the call: what the files say."""
    wanted = _wanted(context, given, board_now())
    texts = "\0".join(f"{each.request.repo}\0{each.request.text}\0{each.request.commit}" for each in wanted)
    return hashlib.sha256(texts.encode()).hexdigest()


def tells(context: Context, given: DoInput) -> str:
    """Where it would work, and what it may use."""
    wanted = _wanted(context, given, board_now())
    folders = listed(dict.fromkeys(each.request.repo for each in wanted), NAMED)
    limits = [f"{compact(given.tokens)} tokens"] if given.tokens else []
    limits += [f"${given.cost_usd:.2f}"] if given.cost_usd else []
    budget = f"at most {' and '.join(limits)}" if limits else "as many tokens as its actions.md allows"
    each = " each" if len(wanted) > 1 else ""
    return f"agents would work on {folders}, with {budget}{each}: {listed((each.request.title for each in wanted), NAMED)}"


def read_back(_context: Context, _given: DoInput, found: AskedActions | None) -> Settled:
    """Whether it is on the board; after a kill nobody can tell, as the same may be asked for twice."""
    if found is None:
        return Settled.UNKNOWN
    actions = board_now().actions
    return Settled.DONE if all(each.number in actions for each in found.actions) else Settled.NOT_DONE


def follows(found: AskedActions) -> Sequence[Followed]:
    """Each of them, until it is merged or dropped."""
    ends = sorted(ENDED)
    return [
        Followed(
            what=f"action #{each.number}, {printable(each.title, NAME)}: `result {each.number}` shows what came of it",
            operation="action history",
            given={"number": each.number, "limit": 1},
            field="stage",
            news=[Stage.WAITING, *ends],
            ends=ends,
        )
        for each in found.actions
    ]


def render(found: AskedActions) -> str:
    """What is queued, and where to look."""
    lines = [f"#{each.number} {each.title}: queued, in {printable(each.folder, NAME)}{_after(each)}" for each in found.actions]
    if found.process is None:
        return "\n".join([*lines, "nobody runs the board: overnight work-on"])
    return "\n".join([*lines, "the board runs: overnight board --watch; once the result is there: overnight review"])


def _after(asked: AskedAction) -> str:
    return f", after {', '.join(f'#{number}' for number in asked.after)}" if asked.after else ""


OPERATION = Operation(
    name="do",
    about="Ask for a feature or a fix: agents code it in a checkout of its own, we check it, you judge the result.",
    details="It waits on the board until there is room. Your own checkout and branches are never touched.",
    input=DoInput,
    output=AskedActions,
    tier=Tier.COSTLY,
    of_machine=True,
    run=run,
    follows=follows,
    words=Origin.CLAW,
    render=render,
    notes=lambda found: found.notes,
    requires=requires,
    state=state,
    tells=tells,
    read_back=read_back,
)
