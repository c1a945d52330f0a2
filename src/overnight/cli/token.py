"""`overnight token`: make tokens for programs and browsers, list them, revoke them."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.words.quantities import duration

if TYPE_CHECKING:
    from overnight.web.token_file import TokenFile


@dataclass(frozen=True, slots=True, kw_only=True)
class NewToken:
    """A token; it is shown this once."""

    name: str
    role: str  # owner, reader or agent
    use: str  # program: in the header Authorization; link: in an address, once
    token: str
    link: str  # opens the pages of the `overnight serve` that runs, once; empty: it is for programs, or none runs
    ends: float  # Unix time; 0: never


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenLine:
    """A token in the list; what its bearer has is not kept."""

    name: str
    role: str
    use: str  # program; link; session: a browser's, made from a link
    made: float  # Unix time
    ends: float  # Unix time; 0: never


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenList:
    """All tokens that open something now."""

    tokens: Sequence[TokenLine]


@click.group(invoke_without_command=True)
@click.option("--reader", is_flag=True, help="It only reads.")
@click.option(
    "--agent", metavar="NAME", help="Its bearer is agent:NAME, who does what can be taken back and asks for the rest."
)
@click.option("--link", is_flag=True, help="For a browser: it opens the pages of `overnight serve` once.")
@json_option
@click.pass_context
def token(context: click.Context, *, reader: bool, agent: str | None, link: bool, as_json: bool) -> None:
    """Make a token for a program that calls `overnight serve`, list tokens and browsers, or revoke one.

    Without an option, its bearer may do what you may. A program sends it as `Authorization: Bearer TOKEN`.
    """
    if context.invoked_subcommand is not None:
        return
    from overnight.web.running import servers
    from overnight.web.token import Role, Use, check_name, link_to

    if reader and agent is not None:
        raise UserError("a token is for a reader or for an agent", fix="leave one of --reader and --agent out")
    if link and agent is not None:
        raise UserError("a link is for a person's browser", fix="leave --link out: an agent sends its token in a header")
    role = Role.READER if reader else Role.OWNER if agent is None else Role.AGENT
    use = Use.LINK if link else Use.PROGRAM
    tokens = _file()
    origins = [each.origins[0] for each in servers(tokens.folder)] if link else []
    made, text = tokens.make(role, use, check_name(agent) if agent is not None else "")
    address = link_to(origins[0], text) if origins else ""
    if as_json:
        print_json(NewToken(name=made.name, role=role.value, use=use.value, token=text, link=address, ends=made.ends))
        return
    click.echo(address or text)
    if link:
        none = "" if address else "no `overnight serve` runs; with the address of one, open ADDRESS/enter?token=TOKEN; "
        click.echo(f"{none}it opens once, within a day", err=True)
    else:
        click.echo(f"it is shown this once; `overnight token revoke {made.name}` ends it", err=True)


@token.command("list")
@json_option
def list_(as_json: bool) -> None:
    """List the tokens and browsers that may come in: their names, roles and ages, never a token."""
    lines = [
        TokenLine(name=each.name, role=each.role.value, use=each.use.value, made=each.made, ends=each.ends)
        for each in _file().read()
    ]
    if as_json:
        print_json(TokenList(tokens=lines))
        return
    now = time.time()
    for line in lines:
        ends = f", ends in {duration(line.ends - now)}" if line.ends else ""
        click.echo(f"{line.name}  {line.role}  {line.use}, made {duration(max(0.0, now - line.made))} ago{ends}")
    if not lines:
        click.echo("there is no token; `overnight token` makes one")


@token.command()
@click.argument("name")
def revoke(name: str) -> None:
    """End the token NAME, or log the browser NAME out, at once."""
    if not _file().revoke(name):
        raise UserError(f"there is no token {name}", fix="`overnight token list` shows all names")
    click.echo(f"revoked {name}")


def _file() -> "TokenFile":
    from overnight.files.state_folder import state_folder
    from overnight.web.token_file import TokenFile

    return TokenFile(state_folder())
