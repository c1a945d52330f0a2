"""`make bench`: runs every measurement in this folder, one after another; takes about twenty minutes."""

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "startup.py",
    "overhead.py",
    "session.py",
    "occupancy.py",
    "ledger.py",
    "orders.py",
    "history.py",
    "jail.py",
    "folders.py",
    "gateway.py",
    "ask.py",
    "spending.py",
    "surface.py",
    "agent.py",
    "actions/throughput.py --bare",
    "actions/many.py",
    "claw/record.py",
    "pool/server.py",
    "pool/reads.py",
    "pool/flood.py --keys 1000",
    "brief.py",
    "surface_mcp.py",
    "tuner.py --seeds 4",
    "tuner.py cost",
)

if __name__ == "__main__":
    for script in SCRIPTS:
        print(f"\n== {script}", flush=True)
        name, *arguments = script.split()
        subprocess.run([sys.executable, str(HERE / name), *arguments], check=True)
