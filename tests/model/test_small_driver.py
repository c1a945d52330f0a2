"""A real small model as the writer of a driver: `make test-model`.

Nothing is asked of its skill: only what must hold whatever a model says. What it achieved is printed.
"""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from home_learned_twins import Poster, running
from homes import home  # noqa: F401  # fixture
from model_user import url, user  # noqa: F401  # fixtures
from targets import COMMAND

from overnight.home.learning.exchange import ROUNDS, kept_exchange

MANUAL = """HTTP interface of the Fountain 3. GET /st gives its state: sn is the serial number, lamp.pw is 1 if the lamp is on
and 0 if not, lamp.lv is its brightness from 0 to 255. POST /do with {"k": "lamp.pw", "to": 1} switches it on, 0 off;
{"k": "lamp.lv", "to": 128} sets the brightness.
"""
pytestmark = [pytest.mark.timeout(3600), pytest.mark.usefixtures("home")]  # beside other work it writes a few tokens a second


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The command line in a folder, for as long as it takes."""
    return subprocess.run([sys.executable, COMMAND, *arguments], cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("more", [(), ("--trait", "light", "--document", "manual.txt")], ids=["page alone", "with a manual"])
def test_what_it_writes_is_right_or_refused(more: tuple[str, ...], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """The device is as it was, whatever was written; what is trusted was set, read back and restored."""
    (tmp_path / "manual.txt").write_text(MANUAL)
    twin = Poster()
    with running(twin) as address:
        learned = run(tmp_path, "home", "learn", address, "--json", *more)
        assert learned.returncode in {0, 1, 2} and "Traceback" not in learned.stderr, learned.stderr
        assert twin.writes == 0 and twin.truth == {"on": True, "level": 51}
        exchange = kept_exchange(address)
        assert exchange and 0 < len(exchange.rounds) <= ROUNDS and exchange.tokens > 0
        said = "refused"
        if learned.returncode == 0:
            trusted = run(tmp_path, "home", "trust", "fountain", json.loads(learned.stdout)["hash"], "--json")
            said = "trusted" if trusted.returncode == 0 else f"refused when tried: {trusted.stderr.strip()}"
            if trusted.returncode == 0:
                assert twin.truth == {"on": True, "level": 51}
    with capsys.disabled():
        rounds = "\n".join(f"  {number}: {each.problems}" for number, each in enumerate(exchange.rounds, 1))
        print(
            f"\n{' '.join(more) or 'page alone'}: {said}; {len(exchange.rounds)} rounds, {exchange.tokens:,} tokens\n{rounds}"
        )
        print(exchange.rounds[-1].source)
