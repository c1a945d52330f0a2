"""`overnight labs` and `overnight demo`: bundled targets, ordinary repos once copied out."""

import os
import shlex
import shutil
import subprocess
import sys
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.machines.share import search_path
from overnight.research.state import State
from overnight.research.views.words import half_way

TAG = "demo"  # of its campaign
CORPUS = "corpus.py"  # of a lab: run once in the copy, it writes the lab's data from its seeds
NOTHING_KEPT = 1
GRACE_HOURS = 60 / 3600  # more, where nothing is proven by then
RAN_WELL = {"budget", "no ideas", "target"}  # how a demo's session ends by itself
VERDICT_HOURS = 300 / 3600  # at most, for the verdict on what is under test
DEMO_HOURS = 150 / 3600  # the demo's campaign ends within this, its set-up and report come on top


@click.group(invoke_without_command=True)
@json_option
@click.pass_context
def labs(context: click.Context, as_json: bool) -> None:
    """List the bundled labs, or copy one."""
    if context.invoked_subcommand is None:
        found = available()
        if as_json:
            print_json(found)
        for name, about in found.items() if not as_json else ():
            click.echo(f"{name:12} {about}")


@labs.command()
@click.argument("name")
@click.argument("folder", type=click.Path(path_type=Path), required=False)
def copy(name: str, folder: Path | None) -> None:
    """Copy a lab into a new folder as an ordinary git repo."""
    target = folder or Path(name)
    copy_lab(name, target)
    click.echo(f"{name} is in {target}; go on with\n  cd {target} && overnight check && overnight run")


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), required=False)
@click.option("--plain", is_flag=True, help="Print a line per event instead of the live screen.")
def demo(folder: Path | None, plain: bool) -> int:
    """Run a real campaign on the microgpt lab, in a new folder.

    Takes about three minutes on two cores, needs no API key and no network.
    """
    from overnight.cli.research import run_session
    from overnight.research.wiring import SessionRequest

    def session(hours: float, experiments: int | None = None) -> int:
        return run_session(target, SessionRequest(tag=TAG, hours=hours, experiments=experiments), plain=plain, report=True)

    target = folder or _unused(Path("demo"))
    copy_lab("microgpt", target)
    click.echo(f"the microgpt lab is in {target}: a small GPT in pure Python; the tuner edits train.py")
    code = session(DEMO_HOURS)
    if _may_go_on(code, target) and not _under_test(target):
        click.echo("a slow or busy machine: going on for another minute")
        code = session(GRACE_HOURS)
    if _may_go_on(code, target) and (waiting := _under_test(target)):
        click.echo(f"a slow or busy machine: going on until the verdict on #{waiting[0]}, five minutes at most")
        code = session(VERDICT_HOURS, len(_standing(target).open))
    return _ended(code, target)


def _may_go_on(code: int, folder: Path) -> bool:
    """Whether nothing is kept because the session's time was over, and not because of a signal or anything else."""
    return code == NOTHING_KEPT and _standing(folder).stopped == "budget"


def _under_test(folder: Path) -> list[int]:
    """The experiments that survived screening and have no verdict."""
    return [opened.proposed.number for opened in _standing(folder).open if opened.level is not None]


def _ended(code: int, folder: Path) -> int:
    """0 where the demo ran well, whatever it found, and what to say where that is nothing; else as the session ended."""
    if code != NOTHING_KEPT:
        return code
    state = _standing(folder)
    if state.stopped not in RAN_WELL or not state.tally.trials:
        return code
    if not state.kept:
        open_ones = "".join(f"; #{opened.proposed.number} {half_way(opened)}" for opened in state.open)
        click.echo(f"The demo ran as it should, and nothing was proven this time{open_ones}.")
        click.echo(f"next      cd {shlex.quote(str(folder))} && overnight run --hours 0.1    # goes on where this stopped")
    return 0


def _standing(folder: Path) -> State:
    """Where the demo's campaign stands, by its record."""
    from overnight.research.reading import reading

    with reading(TAG, folder) as campaign:
        return campaign.state()


def available() -> dict[str, str]:
    """The labs by name, each with the first line of its README."""
    root = resources.files("overnight") / "labs"
    found = sorted((lab for lab in root.iterdir() if (lab / "README.md").is_file()), key=lambda lab: lab.name)
    return {lab.name: _title(lab / "README.md") for lab in found}


def _title(readme: Traversable) -> str:
    """What follows the lab's name on the first line of its README."""
    first, _, _ = readme.read_text(encoding="utf-8").partition("\n")
    return first.lstrip("# ").partition(": ")[2]


def copy_lab(name: str, folder: Path) -> None:
    """Copy a lab to a folder that does not exist or is empty, and commit it there.

    Raises:
        UserError: there is no such lab, or the folder is in use.
    """
    if name not in available():
        raise UserError(f"there is no lab `{name}`", fix=f"choose one of: {', '.join(available())}")
    if folder.exists() and any(folder.iterdir()):
        raise UserError(f"{folder} is not empty", fix="name a new folder")
    with resources.as_file(resources.files("overnight") / "labs" / name) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("__pycache__"))
    if (folder / CORPUS).is_file():
        subprocess.run([sys.executable, "-B", CORPUS], cwd=folder, check=True)
    identity = ("-c", "user.name=overnight", "-c", "user.email=overnight@localhost")
    # A clean environment: the user's settings (signing, hooks) and a GIT_DIR around us are no business of a new repository.
    environment = {"PATH": search_path(), "GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
    for arguments in (("init", "-q", "-b", "main"), ("add", "-A"), ("commit", "-q", "-m", f"Start from the {name} lab")):
        subprocess.run(["git", *identity, *arguments], cwd=folder, env=environment, check=True)


def _unused(folder: Path) -> Path:
    """The folder, or the first of folder-2, folder-3, ... that does not exist."""
    tries = [folder, *(folder.with_name(f"{folder.name}-{n}") for n in range(2, 1000))]
    return next(path for path in tries if not path.exists())
