"""`overnight claw chat`: a conversation in the terminal; it runs the claw itself while nobody else does."""

import sys

import click


@click.command("chat")
@click.argument("name", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object a line: what was said, and each message.")
@click.option(
    "--wait", "wait_s", type=click.FloatRange(min=0), default=600.0, show_default=True, help="On a pipe: seconds for an answer."
)
def chat(*, name: str | None, as_json: bool, wait_s: float) -> int:
    """Talk to the claw; a line is a message. Ctrl-D or Ctrl-C ends the talk, not the claw.

    At a question, `approve N` or `refuse N` answers it. On a pipe, each line is a message: it ends once all are answered.
    Exit code: 1 if an answer did not come in time; it is there later, see `overnight claw log`.
    """
    import anyio

    from overnight.claw.folders import find_claw
    from overnight.cli.claw_screen import Screen
    from overnight.cli.claw_talk import Conversation

    folder = find_claw(name)
    screen = Screen(as_json=as_json, asks=sys.stdin.isatty() and sys.stdout.isatty() and not as_json)
    with screen.kept():
        return anyio.run(Conversation(folder, screen, wait_s=wait_s).run)
