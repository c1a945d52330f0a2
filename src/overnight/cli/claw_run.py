"""`overnight claw run`: the process that keeps looping."""

import click


@click.command("run")
@click.argument("name", required=False)
@click.option("--when-free", is_flag=True, help="If another process runs it, such as a talk, wait until that ends.")
def run(*, name: str | None, when_free: bool) -> None:
    """Run the claw until Ctrl-C: it hears its chats, and does what falls due.

    `overnight up --claw` does it in the background; with `--systemd --install`, from the start of the machine.
    """
    from overnight.claw.folders import find_claw
    from overnight.claw.running.service import run_claw
    from overnight.claw.wiring import make_chats, make_runner

    folder = find_claw(name)
    chats = make_chats(folder)
    run_claw(
        folder,
        chats,
        lambda *given: make_runner(given[0], given[1], given[2], say=given[3]),
        say=lambda line: click.echo(line, err=True),
        when_free=when_free,
    )
