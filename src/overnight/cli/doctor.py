"""`overnight doctor`: what works on this machine."""

from pathlib import Path

import anyio
import click

from overnight.cli.options import json_option, print_json


@click.command()
@json_option
def doctor(as_json: bool) -> int:
    """Check what works on this machine and what does not.

    In a repository it also checks that jobs cannot see it. Each failure comes with its fix.
    Exit code: 0 if everything works, 1 if something does not.
    """
    from overnight.jail.doctor import probe
    from overnight.research.places.seclusion import checkout_around

    probes = anyio.run(probe, checkout_around(Path.cwd()))
    if as_json:
        print_json(probes)
    else:
        for found in probes:
            click.echo(f"{'ok  ' if found.holds else 'FAIL'}  {found.name}: {found.detail}")
            if not found.holds and found.fix:
                click.echo(f"      fix: {found.fix}")
    return 0 if all(found.holds for found in probes) else 1
