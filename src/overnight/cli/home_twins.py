"""`overnight home twins`: a house of simulated devices that speak the real protocols."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from overnight.home.twins.house import House

EXTRAS = "cameras,home"
NAME_CELL, ROOM_CELL, ADDRESS_CELL = 18, 14, 22  # characters


@click.command("twins")
@click.option("--prefix", default="127.0.7", show_default=True, help="The first three numbers of their addresses.")
@click.option("--fault", "faults", multiple=True, metavar="NAME=KIND", help="Give a twin a fault, such as `Study lamp=echo`.")
@click.option(
    "--lag", "lag_s", type=click.FloatRange(0, 3600), default=0.3, show_default=True, help="Seconds, for `lag` and others."
)
@click.option(
    "--truck", "truck_s", type=click.FloatRange(0), metavar="SECONDS", help="A delivery truck drives up after so long."
)
def twins(*, prefix: str, faults: Sequence[str], lag_s: float, truck_s: float | None) -> None:
    """Run a house of simulated devices on this machine until Ctrl-C: real protocols, no hardware.

    A Sonos player, lamps, a plug, a shade, a thermostat, a lock, a spa and a camera, on loopback addresses that nothing
    outside reaches. Faults: deaf, echo, lag, flap, drop-before, drop-amid, drop-after, restart, refuse, slow, broken, huge,
    drip, types, nan, hostile; see docs/home.md.
    """
    import anyio

    from overnight.home.extras import check_libraries

    check_libraries("this needs", "amqtt", "pymodbus", "cv2", extra=EXTRAS)
    from overnight.home.twins.drawing import drawn
    from overnight.home.twins.house import House

    house = House(scenes=drawn(), lag_s=lag_s)
    for fault in faults:
        name, _, kind = fault.rpartition("=")
        house.break_one(name, kind)
    anyio.run(_run, house, prefix, truck_s)


async def _run(house: "House", prefix: str, truck_s: float | None) -> None:
    import signal

    import anyio

    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        await house.start(prefix)
        try:
            _show(house)
            async with anyio.create_task_group() as tasks:
                if truck_s is not None:
                    tasks.start_soon(_drive_up, house, truck_s)
                async for _ in signals:
                    tasks.cancel_scope.cancel()
                    break
        finally:
            with anyio.CancelScope(shield=True):
                await house.stop()


def _show(house: "House") -> None:
    for place in house.places():
        fault = f"  fault: {place.fault}" if place.fault != "honest" else ""
        cells = place.name.ljust(NAME_CELL) + place.room.ljust(ROOM_CELL) + place.address.ljust(ADDRESS_CELL)
        click.echo(cells + place.family + fault)
    click.echo("They run until Ctrl-C.")


async def _drive_up(house: "House", seconds: float) -> None:
    import anyio

    await anyio.sleep(seconds)
    house.truck()
    click.echo("A delivery truck drives up.")
