"""A small flood of new keys at a hub that is served, with its verifier and its jail: a known key is verified next."""

import json
import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench" / "pool" / "flood.py"
KNOWN = 4


def test_no_flood_delays_a_known_key_by_more_than_a_verification() -> None:
    """Of new keys, only what was taken up before goes first: what is next for a slot, and what is being merged just then."""
    command = [sys.executable, str(BENCH), "--keys", "60", "--known", str(KNOWN)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["known submissions"] == KNOWN and not found["known refused"]
    assert found["verified"] > KNOWN
    assert max(found["new ones that began before them"]) <= 2
