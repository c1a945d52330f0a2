"""`overnight home watch`: the process that watches the home."""

import click

from overnight.home.watching.watcher import EVERY_S


@click.command("watch")
@click.option(
    "--every", "every_s", type=click.FloatRange(5, 86400), default=EVERY_S, show_default=True, help="Seconds between two looks."
)
def watch(*, every_s: float) -> None:
    """Watch the home until Ctrl-C: ask each device from time to time, and record what changed, was lost or answers again.

    Nothing is set, but for what runs while what it `needs` in home.yaml does not: that is switched off. With something to
    look out for, the cameras are watched too. `overnight up --home` does it in the background.
    """
    import sys

    from overnight.errors import UserError
    from overnight.home.record.record import HomeRecord, has_home
    from overnight.home.watching.service import run_watch
    from overnight.words.foreign import printable

    if not has_home():
        raise UserError("there is no home yet", fix="overnight home init, then overnight home scan")

    def say(line: str) -> None:
        click.echo(printable(line, 500))
        sys.stdout.flush()

    with HomeRecord() as record:
        run_watch(record, every_s=every_s, say=say)
