"""`overnight hub init`: hub.yaml, then the keys and the genesis of a chain."""

import platform
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.words.foreign import printable

SHOWN = 100  # characters of what a person typed


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedHub:
    """What `hub init --json` prints."""

    hub: str  # its key, public
    project: str
    settings: str  # path of hub.yaml
    key_file: str  # path of the secret key
    files: int  # that are public
    hidden: int  # that are not
    tried: str  # what the workers' commands measured


@click.command()
@click.option("--project", help="Its name, as workers see it; by default that of the folder.")
@click.option(
    "--worker",
    "worker",
    multiple=True,
    metavar="KEY=COMMAND",
    help="A command that workers run in place of the program's; again for more.",
)
@click.option("--bounds", metavar="LEAST,MOST", help="Of the metric's values; empty for none, as in `0,`.")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@json_option
def init(*, project: str | None, worker: tuple[str, ...], bounds: str | None, yes: bool, as_json: bool) -> int:
    """Open a hub over the commit that is checked out.

    Shows what would be public, runs the workers' commands once on that alone, and asks. Then it writes hub.yaml if there is
    none, and makes a key outside the repository. Exit code: 1 if you do not agree.
    """
    import anyio

    from overnight.cli.init import elapsed
    from overnight.git.repository import open_repository
    from overnight.pool.hub.opening import free_tag, open_hub, require_free_tag, require_no_hub
    from overnight.pool.hub.plan import plan_hub, plan_words, require_measurable
    from overnight.pool.hub.settings import SETTINGS, parse_hub_settings, read_hub_settings
    from overnight.pool.keys import SHORT, require_cryptography

    require_cryptography()
    repository = open_repository(Path.cwd())
    require_no_hub(repository)
    path = repository.toplevel / SETTINGS
    if path.exists():
        if project or worker or bounds:
            raise UserError(f"there is a {SETTINGS} already", fix="edit it, and leave the options out")
        settings, text = read_hub_settings(repository), ""
    else:
        text = _text(project or repository.toplevel.name, worker, bounds, free_tag(repository))
        settings = parse_hub_settings(text)
    require_free_tag(repository, settings.tag)
    plan = plan_hub(repository, settings)
    say = partial(click.echo, err=as_json)
    say(plan_words(plan))
    tried = anyio.run(require_measurable, plan, repository, elapsed)
    say(f"{'tried':13} {tried}")
    if not yes:
        if not sys.stdin.isatty():
            raise UserError("somebody has to agree to this", fix="call it on a terminal, or with --yes if you do")
        if not click.confirm("\nOpen a hub that publishes this? What is published cannot be taken back", err=as_json):
            return 1
    opened = open_hub(repository, settings)
    if text:
        path.write_text(text)
        say(f"wrote {path}")
    if as_json:
        print_json(
            OpenedHub(
                hub=opened.key,
                project=settings.project,
                settings=str(path),
                key_file=str(opened.key_file),
                files=opened.files,
                hidden=opened.hidden,
                tried=tried,
            )
        )
        return 0
    say(f"opened the hub {opened.key[:SHORT]}: {opened.files} files are public, {opened.hidden} are not")
    say(f"its key is in {opened.key_file}: keep a copy elsewhere")
    say("take submissions:   overnight hub serve")
    return 0


def _text(project: str, worker: tuple[str, ...], bounds: str | None, tag: str) -> str:
    from overnight.pool.hub.settings import TAG
    from overnight.program.writer import flow

    lines = ["# What strangers get of this repository, see `overnight docs pool`.", f"project: {flow(project)}"]
    if worker:
        lines.append("worker:")
        for each in worker:
            key, equals, command = each.partition("=")
            if not equals or not key.strip() or not command.strip():
                what = f"--worker {printable(each, SHOWN)} has no key or no command"
                raise UserError(what, fix='write it so: --worker "score=python public_score.py"')
            lines.append(f"  {key.strip()}: {flow(command.strip())}")
    if bounds:
        lines.append(f"bounds: [{', '.join(_bounds(bounds))}]")
    if tag != TAG:
        lines.append(f"tag: {tag}")
    lines.append(f"machine: {flow(platform.machine())}")
    return "\n".join([*lines, ""])


def _bounds(text: str) -> list[str]:
    """Both bounds as hub.yaml has them."""
    parts = [each.strip() for each in text.split(",")]
    try:
        numbers = [float(each) if each else None for each in parts]
    except ValueError:
        numbers = []
    if len(numbers) != 2:  # noqa: PLR2004  # least and most
        what = f"--bounds {printable(text, SHOWN)} is no pair of numbers"
        raise UserError(what, fix="write the least and the most value, as in --bounds 0,30; or one alone: --bounds 0,")
    return [each or "null" for each in parts]
