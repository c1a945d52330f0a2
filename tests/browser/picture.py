"""Makes docs/report.png: runs a four-minute campaign on the pricing lab, and takes a picture of the top of its report.

`make picture` runs it. The picture is the one made file in the repository, since a reader of README.md wants to see a report.
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from opening import running_browser
from playwright.sync_api import FloatRect
from small_png import with_few_colours

from overnight.research.setup.labs import copy_lab

PICTURE = Path(__file__).parents[2] / "docs/report.png"
HOURS = 0.07
WIDTH = 960  # px
LAST = "section[aria-labelledby=progress]"  # the picture ends below it


def main() -> int:
    """Run the campaign and take the picture; the exit code."""
    with tempfile.TemporaryDirectory() as folder:
        lab = Path(folder) / "pricing"
        copy_lab("pricing", lab)
        subprocess.run([sys.executable, "-m", "overnight", "run", "--tag", "night", "--hours", str(HOURS)], cwd=lab, check=True)
        take(lab / ".overnight/night/report.html", PICTURE)
    return 0


def take(report: Path, picture: Path) -> None:
    """The top of a report, from its title to the end of the progress chart."""
    with running_browser() as browser:
        page = browser.new_page(viewport={"width": WIDTH, "height": 800})
        page.goto(report.absolute().as_uri())
        box = page.locator(LAST).bounding_box()
        if box is None:
            raise SystemExit(f"{report} has no progress chart")
        clip: FloatRect = {"x": 0, "y": 0, "width": WIDTH, "height": box["y"] + box["height"] + 16}
        picture.write_bytes(with_few_colours(browser, page.screenshot(full_page=True, clip=clip)))


if __name__ == "__main__":
    sys.exit(main())
