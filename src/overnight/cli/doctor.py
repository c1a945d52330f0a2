"""`overnight doctor`: what holds on this machine."""

import anyio
import click

from overnight.cli.options import json_option, print_json


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Say what holds on this machine and what does not.

    What does not hold comes with its fix; then the exit code is 1.
    """
    from overnight.jail.doctor import probe

    probes = anyio.run(probe)
    if as_json:
        print_json(probes)
    else:
        for found in probes:
            click.echo(f"{'ok  ' if found.holds else 'FAIL'}  {found.name}: {found.detail}")
            if not found.holds and found.fix:
                click.echo(f"      fix: {found.fix}")
    return 0 if all(found.holds for found in probes) else 1
