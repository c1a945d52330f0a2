"""How a page is viewed, and everything that it does besides display."""

from dataclasses import dataclass, field
from typing import Literal

from playwright.sync_api import BrowserContext, ConsoleMessage, Dialog, Page, Request, WebError

Scheme = Literal["light", "dark"]


@dataclass(frozen=True, kw_only=True)
class View:
    """A window and its user's preferences."""

    width: int = 1100
    height: int = 900
    scheme: Scheme = "light"
    motion: Literal["reduce", "no-preference"] = "no-preference"


PHONE, DESK = View(width=390, height=844), View()


@dataclass
class Watched:
    """A browser context that records whatever its pages fetch or print."""

    context: BrowserContext
    address: str  # the only one that may be fetched
    below: bool = False  # as may all that begin with it
    fetched: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.context.on("request", self._request)
        self.context.on("console", self._console)
        self.context.on("weberror", self._error)
        self.context.on("dialog", self._dialog)

    def close(self) -> None:
        """Close the context and its pages."""
        self.context.close()

    def _request(self, request: Request) -> None:
        url = request.url.partition("#")[0]
        if url != self.address and not (self.below and url.startswith(self.address)):
            self.fetched.append(request.url)

    def _console(self, message: ConsoleMessage) -> None:
        self.said.append(message.text)

    def _error(self, error: WebError) -> None:
        self.said.append(str(error.error))

    def _dialog(self, dialog: Dialog) -> None:
        self.said.append(f"dialog: {dialog.message}")
        dialog.dismiss()


def unfold(page: Page) -> None:
    """Open every folded part."""
    page.evaluate("document.querySelectorAll('details').forEach(part => { part.open = true; })")
