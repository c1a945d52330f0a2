"""What a hub over this repository would publish: shown, and tried as a worker would run it, before anything is published."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import dataclass, replace
from pathlib import Path

from overnight.errors import UserError
from overnight.files.private_folder import private_folder
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.pool.hub.public import OWN, is_public, public_files, require_openable, worker_front
from overnight.pool.hub.settings import SETTINGS, HubSettings
from overnight.program.front_matter import Value
from overnight.program.parser import parse_program
from overnight.program.program import PROGRAM, Program
from overnight.program.writer import plain_front_matter
from overnight.research.places.campaigns import read_program
from overnight.research.places.new_repository import commit_folder
from overnight.research.setup.first_trials import FirstTrials
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration, size_text

SHOWN = 300  # characters of a command
NAMES = 12  # folders and files that are listed


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What would leave this machine, and what would not."""

    project: str
    bounds: tuple[float | None, float | None]
    front: Mapping[str, Value]  # of the program for workers
    workers: Program
    files: Mapping[str, tuple[bool, bytes]]  # that are public, by path: whether each is executable, and its content
    hidden: Sequence[str]  # committed files that are not


def plan_hub(repository: Repository, settings: HubSettings) -> Plan:
    """Read what a hub over the commit that is checked out would publish.

    Raises:
        UserError: strangers' commits cannot be judged by this program, or workers could not run it.
    """
    program = read_program(repository)
    require_openable(program, settings)
    front = worker_front(program, settings)
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        files = public_files(history, start, program.hidden)
        hidden = sorted(each.path for each in history.files(start) if not is_public(each.path, program.hidden))
    source = plain_front_matter(front)
    workers = replace(parse_program(source, PROGRAM), source=source)
    return Plan(
        project=settings.project,
        bounds=settings.bounds,
        front=front,
        workers=workers,
        files=files,
        hidden=[each for each in hidden if each not in OWN],
    )


def plan_words(plan: Plan) -> str:
    """The same for a person who decides."""
    workers, (low, high) = plan.workers, plan.bounds
    bounds = "" if low is None and high is None else f", from {_bound(low)} to {_bound(high)}"
    commands = [
        *((name, command) for name in ("measure", "prepare", "produce", "score") if (command := getattr(workers, name))),
        *(("check", command) for command in workers.checks),
    ]
    size = sum(len(content) for _, content in plan.files.values())
    lines = [
        f"project       {printable(plan.project, SHOWN)}: {workers.metric.name}, {workers.metric.direction}{bounds}",
        f"public        {counted(len(plan.files), 'file')}, {size_text(size)}: {_listed(plan.files)}",
        f"hidden        {_listed(plan.hidden) or 'no file'}",
        *(f"{'workers run' if at == 0 else '':13} {name:8} {printable(c, SHOWN)}" for at, (name, c) in enumerate(commands)),
        f"may change    {printable(', '.join(workers.editable), SHOWN)}",
    ]
    return "\n".join(lines)


async def require_measurable(plan: Plan, repository: Repository, during: Callable[[str], AbstractContextManager[None]]) -> str:
    """Run one trial of the workers' commands on the public files alone; what it measured, in words.

    Raises:
        UserError: it gives no value, and so would give no worker one.
    """
    repository.exclude_overnight()
    with private_folder(repository.overnight, "init") as folder:
        copy = folder / "public"
        _write(copy, plan)
        public = commit_folder(copy, "The public tree", ignored=True)
        trials = FirstTrials(sandbox="jail", during=lambda _: during("running the workers' commands on the public files"))
        if plan.workers.checks and (failed := await trials.checks(public, plan.workers)) is not None:
            raise _useless(str(failed), failed.excerpt)
        trial = (await trials.first(public, plan.workers)).observed.trial
    if trial.value is None:
        raise _useless(trial.reason, trial.excerpt)
    low, high = plan.bounds
    if (low is not None and trial.value < low) or (high is not None and trial.value > high):
        what = f"{plan.workers.metric.name} is {trial.value:g} before anything is changed, and `bounds` is {_bound(low)} to"
        raise UserError(f"{what} {_bound(high)}", fix=f"write wider ones into {SETTINGS}, or with --bounds")
    return f"{plan.workers.metric.name} {trial.value:g} in {duration(trial.wall_s)}"


def _useless(reason: str, excerpt: Sequence[str]) -> UserError:
    fix = f"give workers commands that need no hidden file, in {SETTINGS}: worker: {{score: python public_score.py}}"
    return UserError(f"what workers would run gives no value on the public files: {reason}", fix=fix, excerpt=excerpt)


def _write(folder: Path, plan: Plan) -> None:
    for path, (executable, content) in plan.files.items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
        if executable:
            file.chmod(0o755)
    (folder / PROGRAM).write_text(plan.workers.source, encoding="utf-8")


def _listed(paths: Mapping[str, object] | Sequence[str]) -> str:
    """Paths by their first folder."""
    found = Counter(f"{top}/" if rest else top for top, _, rest in (path.partition("/") for path in paths))
    names = [
        f"{printable(name, SHOWN)} ({count})" if name.endswith("/") else printable(name, SHOWN) for name, count in found.items()
    ]
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more


def _bound(value: float | None) -> str:
    return "anything" if value is None else f"{value:g}"
