"""`overnight hub mirror`: a copy of a hub as plain files."""

from pathlib import Path

import click

from overnight.cli.options import json_option, print_json


@click.command("mirror")
@click.argument("url")
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@json_option
def mirror(*, url: str, folder: Path, as_json: bool) -> int:
    """Copy the chain and the files of the hub at URL into FOLDER, each checked; again to bring what is new.

    Any web server can serve FOLDER. If the hub shows another chain than before, the copy stays as it was: it is the proof.
    """
    import anyio

    from overnight.pool.keys import require_cryptography
    from overnight.pool.work import mirror as mirrors
    from overnight.words.quantities import counted

    require_cryptography()
    found = anyio.run(mirrors.mirror, url, folder)
    if as_json:
        print_json(found)
        return 0
    click.echo(f"the chain up to entry {found.entries} is in {folder}, with {counted(found.fetched, 'new file')}")
    return 0
