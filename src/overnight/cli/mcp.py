"""`overnight mcp`: every page and operation over MCP, for coding agents."""

import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import click

from overnight.errors import UserError

if TYPE_CHECKING:
    from overnight.web.calls import Caller
    from overnight.web.repositories import Served

PROGRAM = click.Choice(["claude", "codex", "opencode"])


@click.command()
@click.option("--repo", "repos", multiple=True, type=click.Path(path_type=Path), help="Serve this one; by default that here.")
@click.option("--install", type=PROGRAM, help="Write it into the settings of this program: shows what changes, asks.")
@click.option("--uninstall", type=PROGRAM, help="Take that back.")
@click.option("--yes", is_flag=True, help="With --install or --uninstall: write it without asking.")
def mcp(*, repos: tuple[Path, ...], install: str | None, uninstall: str | None, yes: bool) -> int:
    """Serve everything over MCP on standard input and output, for claude, codex, opencode and others."""
    from overnight.cli.caller import declared_here
    from overnight.operations.principal import Kind
    from overnight.web.mcp.stdio import serve

    said = declared_here()  # in this thread, which has the command line
    if name := install or uninstall:
        from overnight.cli.mcp_install import write_down

        if said.kind is not Kind.OWNER:
            raise UserError("`mcp --install` is for the owner alone", fix="ask the owner to call it")
        return write_down(name, removes=install is None, is_sure=yes)

    @cache
    def served() -> "Served":
        from overnight.web.repositories import Served

        return Served(repos, Path.cwd())

    if repos:
        served()  # a mistake in them ends it here

    def caller_named(name: str) -> "Caller":
        from overnight.operations.operation import Tier
        from overnight.operations.principal import Address, Origin, Principal
        from overnight.web.calls import Caller

        return Caller(
            principal=said if said.kind is Kind.AGENT else Principal(Kind.AGENT, name),
            origin=Origin.CLAW,
            address=Address(channel="mcp", id=name),
            repositories=served().now(),
            environment=os.environ,
            ceiling=Tier.REVERSIBLE,
        )

    serve(caller_named)
    return 0
