"""Makes docs/actions-board.png and docs/actions-result.png: the board and a result of simulated actions, on a phone.

`make picture` runs it.
"""

import os
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from action_boards import board_of
from opening import running_browser
from playwright.sync_api import ViewportSize
from small_png import with_few_colours
from surface_server import running
from viewing import Scheme

DOCS = Path(__file__).parents[2] / "docs"
VIEWS: tuple[tuple[str, str, int, int, Scheme], ...] = (
    ("actions-board", "/actions", 390, 844, "dark"),
    ("actions-result", "/actions/1", 390, 1280, "light"),
)


SHOP = """<!DOCTYPE html><style>body { font: 16px sans-serif; margin: 24px; color: #222 } table { border-collapse: collapse }
td, th { padding: 6px 18px 6px 0; border-bottom: 1px solid #ccc; text-align: left }
button { float: right; padding: 6px 12px }</style>
<button>Export as CSV</button><h2>Orders</h2><table><tr><th>Id<th>Customer<th>Total</tr><tr><td>1<td>Ann<td>20.00</tr>
<tr><td>2<td>Bob<td>7.50</tr></table>"""  # what the action shows


def main(docs: Path = DOCS) -> int:
    """Make them; the exit code."""
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "state")
        with running_browser() as browser:
            shop = browser.new_page(viewport=ViewportSize(width=360, height=190))
            shop.set_content(SHOP)
            made = board_of(Path(place) / "made", picture=shop.screenshot())
            server = stack.enter_context(running(Path(place) / "server", repositories={"shop": made.repository}))
            record = stack.enter_context(made.record)
            stack.enter_context(record.store.lock())  # as the process does that runs the board
            for name, address, width, height, scheme in VIEWS:
                page = browser.new_context(
                    viewport=ViewportSize(width=width, height=height), color_scheme=scheme, reduced_motion="reduce"
                ).new_page()
                page.goto(server.origin + server.link())
                page.goto(server.origin + address)
                page.locator("#live", has_text="Live").wait_for()
                (docs / f"{name}.png").write_bytes(with_few_colours(browser, page.screenshot()))
    return 0


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
