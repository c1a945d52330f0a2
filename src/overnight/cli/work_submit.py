"""`overnight work submit`: a commit of your own is sent to the hub, measured here or not."""

import time
from contextlib import closing

import anyio
import click

from overnight.cli.options import json_option, print_json
from overnight.cli.work_here import here, say
from overnight.errors import UserError
from overnight.words.foreign import printable

SHORT = 12
SHOWN = 100
POLL_S = 5.0  # between questions for a verdict; the hub shows verdicts at full minutes, unless its founder says otherwise


@click.command("submit")
@click.argument("commit")
@click.option("--hypothesis", help="One line about it; by default the first of its message.")
@click.option("--wait", is_flag=True, help="Until the hub has a verdict.")
@json_option
def submit(*, commit: str, hypothesis: str | None, wait: bool, as_json: bool) -> int:
    """Send what COMMIT changes since the chain to the hub that was joined in this folder, on top of its newest entry.

    It is on disk before it is sent: without an answer now, `overnight work run` sends it again, and so does this command, which
    also asks how it stands. Exit code: 1 if it is refused, or is not accepted.
    """
    from overnight.git.ancestry import merge_base
    from overnight.git.history import GitHistory
    from overnight.git.objects import ObjectStore
    from overnight.pool.operations.work_status import sent_change
    from overnight.pool.work.client import HubAway
    from overnight.pool.work.outbox import Outbox, Sending, sending_words
    from overnight.pool.work.session import alone
    from overnight.pool.work.syncing import sync

    worker = here()
    with closing(GitHistory(worker.place.repository())) as history, closing(ObjectStore(worker.place.git)) as store:
        found = history.resolve(f"{commit}^{{commit}}")
        base = merge_base(worker.place.git, found, worker.copy.head) if found else ""
        if not found or not base:
            fix = "commit on top of the branch `chain`"
            raise UserError(f"`{printable(commit, SHOWN)}` is no commit on top of the chain", fix=fix)
        if found == base:
            what = f"`{printable(commit, SHOWN)}` has nothing that is not in the chain"
            raise UserError(what, fix="edit and commit first; what came of earlier changes: overnight work")
        words = hypothesis or store.message(found).decode("utf-8", "replace").strip().split("\n")[0]
    outbox, name = Outbox(place=worker.place), f"commit-{found[:SHORT]}"

    async def send() -> Sending | None:
        async with worker.sender() as sender:
            while True:
                synced = await sync(sender.hub, worker.place, worker.joined, worker.copy, worker.taken.program)
                await sender.send_all(synced.card)
                sent = outbox.get(name)
                if sent is None or not (wait and sent.is_open):
                    return sent
                await anyio.sleep(POLL_S)

    with alone(worker.place):
        if outbox.get(name) is None:
            outbox.put(Sending(name=name, at=time.time(), base=base, commit=found, hypothesis=words))
        try:
            sent = anyio.run(send)
        except HubAway as away:
            raise HubAway(str(away), fix="it waits on disk; send it again with this command or `overnight work run`") from away
    if sent is None:
        raise UserError(f"{name} is gone from the outbox")
    if as_json:
        print_json(sent_change(sent))
    else:
        say(sending_words(sent))
    return 1 if sent.state in {"not accepted", "refused", "dropped"} else 0
