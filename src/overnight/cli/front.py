"""How people come in to a server: its addresses, and the links that the terminal shows."""

import sys
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.web.token_file import TokenFile

LINE = 500  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """What `serve --json` prints when it takes requests."""

    address: str  # of the first page, for bookmarks
    port: int
    link: str  # opens the pages in a browser, once
    repositories: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Front:
    """How people come in."""

    tokens: "TokenFile"
    scheme: str
    hosts: Sequence[str]  # names in addresses; the best first
    port: int
    fingerprint: str = ""  # of the certificate, if it is our own

    @property
    def origins(self) -> Sequence[str]:
        """What all addresses begin with; the best first."""
        return [f"{self.scheme}://{host}:{self.port}" for host in self.hosts]

    @property
    def address(self) -> str:
        """The first page."""
        return f"{self.origins[0]}/home"

    def link(self) -> str:
        """A new link, which opens once."""
        from overnight.web.token import Role, Use, link_to

        return link_to(self.origins[0], self.tokens.make(Role.OWNER, Use.LINK)[1])

    def show_link(self) -> None:
        """Print a link, in a terminal only: a log would keep it."""
        if not sys.stdout.isatty():
            say(f"{self.address}; `overnight token --link` prints what opens it in a browser")
            if self.fingerprint:
                say(f"SHA-256 fingerprint of its certificate: {self.fingerprint}")
            return
        link = self.link()
        say(f"  {link}")
        for other in self.hosts[1:]:
            say(f"  {link.replace(self.hosts[0], other, 1)}   (if your browser does not find the first)")
        if self.fingerprint:
            from overnight.web.lan import qr_code

            click.echo(qr_code(f"{link}#sha256={self.fingerprint.replace(':', '')}"))
            say("a browser warns, as nobody vouches for this server; go on only if its certificate has the SHA-256 fingerprint")
            say(f"  {self.fingerprint}")
        say("it opens once; " + ("Enter" if sys.stdin.isatty() else "`overnight token --link`") + " makes the next one")


def say(line: str, *, err: bool = False) -> None:
    """Print a line; a terminal that is gone ends no server."""
    with suppress(OSError):
        click.echo(printable(line, LINE), err=err)
