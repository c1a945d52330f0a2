"""`overnight hub backup`: the whole hub in one file."""

from pathlib import Path

import click

from overnight.cli.options import json_option, print_json


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@json_option
def backup(*, file: Path, as_json: bool) -> int:
    """Write the hub to FILE, which must not exist, while it serves: record, contents, campaigns, commits and key.

    Whoever has FILE can sign as this hub: keep it where only you can read it. Logs of trials are not in it.
    """
    from overnight.git.repository import open_repository
    from overnight.pool.keeping.backup import back_up
    from overnight.pool.keys import SHORT, require_cryptography
    from overnight.words.quantities import counted, size_text

    require_cryptography()
    about = back_up(open_repository(Path.cwd()), file)
    if as_json:
        print_json(about)
        return 0
    size = size_text(file.stat().st_size)
    click.echo(f"wrote {file}: {size}, the hub {about.hub[:SHORT]} with {counted(about.entries, 'block')}, and its key")
    click.echo("it is as good as the key: keep it where only you can read it")
    return 0
