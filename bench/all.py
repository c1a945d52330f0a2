"""`make bench`: runs every measurement in this folder, one after another; takes about twenty minutes."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "startup.py",
    "overhead.py",
    "occupancy.py",
    "ledger.py",
    "history.py",
    "jail.py",
    "folders.py",
    "gateway.py",
    "agent.py",
    "brief.py",
    "tuner.py",
)

if __name__ == "__main__":
    for script in SCRIPTS:
        print(f"\n== {script}", flush=True)
        subprocess.run([sys.executable, str(HERE / script)], check=True)
