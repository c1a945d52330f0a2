"""Makes docs/surface-desktop.png and docs/surface-phone.png: the page of a simulated campaign of 300 experiments that runs.

`make picture` runs it.
"""

import os
import sys
import tempfile
from pathlib import Path

from opening import running_browser
from playwright.sync_api import ViewportSize
from small_png import with_few_colours
from surface_campaigns import campaign_of
from surface_campaigns import running as campaign_running
from surface_server import running
from viewing import Scheme

from overnight.files.own import make_folder
from overnight.research.pages._pictures import file_of
from overnight.research.report.drawing import draw, form

DOCS = Path(__file__).parents[2] / "docs"
VIEWS: tuple[tuple[str, int, int, Scheme], ...] = (("desktop", 1000, 1460, "light"), ("phone", 390, 844, "dark"))


def main() -> int:
    """Make both; the exit code."""
    with tempfile.TemporaryDirectory() as place:
        os.environ["XDG_STATE_HOME"] = str(Path(place) / "state")
        made = campaign_of(Path(place) / "gpt", 300, ended=False)
        state, repositories = Path(place) / "server", {"gpt": made.repository}
        with campaign_running(made), running(state, repositories=repositories) as server, running_browser() as browser:
            file = file_of(made.repository, made.tag)
            make_folder(file.parent)
            file.write_bytes(form().dump_json(draw(made.repository, made.tag)))
            for name, width, height, scheme in VIEWS:
                page = browser.new_context(
                    viewport=ViewportSize(width=width, height=height), color_scheme=scheme, reduced_motion="reduce"
                ).new_page()
                page.goto(server.origin + server.link())
                page.goto(f"{server.origin}/repos/gpt/campaigns/{made.tag}")
                page.locator("#live", has_text="Live").wait_for()
                picture = DOCS / f"surface-{name}.png"
                picture.write_bytes(with_few_colours(browser, page.screenshot()))
    return 0


if __name__ == "__main__":
    sys.exit(main())
