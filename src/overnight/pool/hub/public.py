"""What of a repository and its program leaves the hub: the tree without what is hidden, and the keys that a worker may take."""

import re
import shlex
from collections.abc import Mapping, Sequence

from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.pool.canonical import canonical, digest_of
from overnight.pool.changes import FileState, content_digest
from overnight.pool.hub.settings import SETTINGS, HubSettings
from overnight.program.front_matter import Value, load_front_matter, mapping_in, split_front_matter
from overnight.program.parser import parse_program
from overnight.program.program import OUTSIDE, PROGRAM, PUBLIC, SPLIT, Program
from overnight.program.scope import matches
from overnight.program.writer import plain_front_matter

# What a worker may take of a program, see docs/work.md; never what reads, reaches or tells anything outside its jail.
TAKEN = ("metric", "measure", "produce", "score", "artifacts", "prepare", "inputs", "editable", "checks", "guards", "limits")
OWN = (PROGRAM, SETTINGS)  # files of the founder that workers get in their own form, or not
_WORKERS_LIMITS = ("wall", "memory", "cpus", "disk", "files", "processes", "output", "allow_exit")


def worker_front(program: Program, settings: HubSettings) -> Mapping[str, Value]:
    """What a worker gets of the program, as keys of a program of its own.

    Raises:
        UserError: what it would run needs what no worker has.
    """
    front = {key: value for key, value in _front(program.source).items() if key in TAKEN}
    if unknown := sorted(set(settings.worker) - set(TAKEN)):
        raise UserError(f"{SETTINGS}: `worker` cannot have {', '.join(unknown)}", fix=f"a worker takes only {', '.join(TAKEN)}")
    if "measure" in settings.worker:
        front = {
            key: value for key, value in front.items() if key not in {"produce", "score", "artifacts", "prepare", "inputs"}
        }
    if "produce" in settings.worker:
        front.pop("measure", None)
    front |= settings.worker
    if isinstance(prepare := front.get("prepare"), str):
        front["prepare"] = prepare.replace(SPLIT, PUBLIC)  # a worker has no other split
    front["limits"] = {key: value for key, value in mapping_in(front.get("limits")).items() if key in _WORKERS_LIMITS}
    made = parse_program(plain_front_matter(front), f"the program for workers (from {PROGRAM} and {SETTINGS})")
    for key, command in made.commands_by_key:
        if named := [word for word in _words(command) if matches(word, program.hidden)]:
            what = f"workers would run `{key}: {command}`, which names {named[0]}, and that is hidden from them"
            fix = f"give them a command of their own in {SETTINGS}, such as `worker: {{{key}: python public_score.py}}`"
            raise UserError(what, fix=fix)
    if banned := {"pattern", "curve"} & set(mapping_in(front.get("metric"))):
        what = f"workers run no regular expression of a stranger, and `metric` has {', '.join(sorted(banned))}"
        fix = (
            f"below `worker` in {SETTINGS}, write a `metric` without it and a command that prints `METRIC {made.metric.name}=N`"
        )
        raise UserError(what, fix=fix)
    canonical(front)
    return front


def _words(command: str) -> Sequence[str]:
    """The words of a command that can be paths."""
    try:
        words = shlex.split(command)
    except ValueError:
        words = command.split()
    return [word.removeprefix("./") for part in words for word in re.split(r"[=:,]", part) if word]


def require_openable(program: Program, settings: HubSettings) -> None:
    """Check that strangers' commits can be judged by this program.

    Raises:
        UserError: they cannot.
    """
    outside = program.metric.name in OUTSIDE
    if not outside and program.one_process:
        what = f"a candidate of {PROGRAM} runs in the process that prints its value, and so can print any"
        raise UserError(what, fix="use `produce` and `score`, or a metric that is measured from outside: see docs/pool.md")
    if not outside and program.holdout is None:
        raise UserError(f"{PROGRAM} has no `holdout`", fix="add a sealed command: a worker learns by asking often")
    if settings.bounds == (None, None) and not outside:
        fix = f"write `bounds: [LEAST, MOST]` of {program.metric.name} into {SETTINGS}, with null for none"
        raise UserError("no bounds are declared for the metric: one rare, huge loss would go unnoticed", fix=fix)
    commands = [*([program.holdout] if program.holdout else []), *settings.holdouts]
    if settings.holdouts and program.holdout is None:
        raise UserError(f"{SETTINGS} has `holdouts`, and {PROGRAM} has no `holdout`", fix="move the first one there")
    if len({*commands}) < len(commands):
        raise UserError(f"{SETTINGS}: `holdouts` has a command twice", fix="delete it: a worn holdout is no new one")
    if program.judge_may_change:
        raise UserError(f"{PROGRAM} lets proposals change what judges them", fix="delete `judge_may_change`")
    if program.of_campaigns:
        raise UserError("a meta-campaign cannot be a pool", fix="open it over the program of the organisation itself")


def public_files(history: GitHistory, commit: str, hidden: Sequence[str]) -> Mapping[str, tuple[bool, bytes]]:
    """The files of a commit that anybody may have, by path: whether each is executable, and its content."""
    shown = {file.path: file.executable for file in history.files(commit) if is_public(file.path, hidden)}
    contents = history.read_files(commit, [*shown])
    return {path: (executable, contents[path]) for path, executable in sorted(shown.items())}


def is_public(path: str, hidden: Sequence[str]) -> bool:
    """Whether a file may leave the hub."""
    return path not in OWN and not matches(path, hidden)


def states_of(files: Mapping[str, tuple[bool, bytes]]) -> tuple[FileState, ...]:
    """Files as a genesis names them."""
    return tuple(
        FileState(path=path, executable=executable, size=len(content), digest=content_digest(content))
        for path, (executable, content) in files.items()
    )


def full_digest(history: GitHistory, commit: str, salt: str) -> str:
    """A salted digest of a commit's whole tree; without the salt nobody can compare it with a guess at what is hidden."""
    return digest_of([salt, sorted([path, oid] for path, oid in history.ids(commit).items())])


def sealed_digest(value: object, salt: str, what: str) -> str:
    """A salted digest of something that is not published."""
    return digest_of([salt, what, value])


def _front(source: str) -> dict[str, Value]:
    return dict(load_front_matter(split_front_matter(source, PROGRAM)[0], PROGRAM).values)
