"""What a claw does while nothing happens: 24 simulated hours, with schedules that are not due and a model that counts requests.

    python bench/claw/idle.py

The event loop's clock jumps to whatever is waited for, and the claw's own goes with it, so that each wait of a day is counted.
"""

import asyncio
import os
import selectors
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import anyio

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from claws import make_test_claw
from scripted_models import scripted_models

HOURS, SCHEDULES = 24, 20


class JumpingSelector(selectors.DefaultSelector):
    """Waits for no time, but says how much it would have waited."""

    def __init__(self) -> None:
        super().__init__()
        self.now, self.waits = 0.0, 0

    def select(self, timeout: float | None = None) -> list[Any]:  # Any: as its base has it
        """What is ready; if nothing is, the time of the wait has passed."""
        found = super().select(0)
        if not found and timeout:
            self.now, self.waits = self.now + timeout, self.waits + 1
        return found


class JumpingLoop(asyncio.SelectorEventLoop):
    """An event loop whose clock is its selector's."""

    def __init__(self) -> None:
        self.jumping = JumpingSelector()
        super().__init__(self.jumping)

    def time(self) -> float:
        """Seconds that were waited for."""
        return self.jumping.now


def main() -> None:
    """Wait for a day, and print what was done in it."""
    with tempfile.TemporaryDirectory(prefix="overnight-bench-") as place, scripted_models() as models:
        os.environ["XDG_STATE_HOME"] = place
        os.environ["OVERNIGHT_SETTINGS"] = f"{place}/settings.toml"
        settings = f'[[providers]]\nname = "s"\nbase_url = "{models.url("ok")}/v1"\nwires = ["openai-chat"]\n'
        Path(place, "settings.toml").write_text(settings)
        claw = make_test_claw(settings="zone: UTC\nmodel: scripted\n")
        with claw.record, claw.record.store.lock():
            for number in range(SCHEDULES):
                claw.tell(f"remind me in {number + 3} days to stretch")
            loops: list[JumpingLoop] = []

            def make_loop() -> JumpingLoop:
                loops.append(JumpingLoop())
                return loops[0]

            async def live() -> None:
                claw.clock.__class__.__call__ = lambda self: self.now + loops[0].time()  # type: ignore[method-assign]
                with anyio.move_on_after(HOURS * 3600):
                    await claw.runner.run()

            with claw.record.store.reading() as db:
                events, written = claw.record.store.newest(), db.total_changes
                spent = time.process_time()
                anyio.run(live, backend_options={"loop_factory": make_loop})
                spent = time.process_time() - spent
                events, written = claw.record.store.newest() - events, db.total_changes - written
            requests = sum(each.method == "POST" for each in models.seen)
    loop = loops[0].jumping
    print(f"{loop.now / 3600:.1f} simulated hours, {SCHEDULES} schedules that are not due, a model that is named")
    print(f"{requests} requests to the model, {events} events, {written} rows written")
    print(f"{loop.waits:,} waits, {spent:.1f} s CPU: {100 * spent / loop.now:.2f} % of one core")


if __name__ == "__main__":
    main()
