"""`overnight home init`: writes home.yaml, after a few questions."""

import re
import sys
from typing import TYPE_CHECKING

import click

from overnight.errors import UserError

if TYPE_CHECKING:
    from overnight.home.making import HomeWishes

NONE = ("", "none", "no", "-")


@click.command("init")
@click.option("--yes", is_flag=True, help="Ask nothing.")
@click.option("--zone", default="", help="Its time zone, such as Europe/Berlin; by default this machine's.")
@click.option(
    "--subnet", "subnets", multiple=True, help="A network that may be scanned, such as 192.168.1.0/24; again for more."
)
@click.option("--place", default="", metavar="LAT,LON", help="In degrees, such as 52.5,13.4, for sunrise and sunset.")
@click.option("--member", "members", multiple=True, help="Who else lives here; again for more.")
def init(*, yes: bool, zone: str, subnets: tuple[str, ...], place: str, members: tuple[str, ...]) -> None:
    """Write home.yaml, which you can edit at any time; nothing of the network is touched.

    At a terminal it asks four questions; Enter takes what is in brackets. On a pipe it asks nothing.
    """
    from overnight.home.finding.subnets import home_networks
    from overnight.home.making import HomeWishes, check_new, make_home
    from overnight.home.record.record import home_folder

    folder = home_folder()
    check_new(folder)
    latitude, longitude = _place(place)
    wishes = HomeWishes(zone=zone, subnets=subnets, latitude=latitude, longitude=longitude, members=members)
    if not yes and sys.stdin.isatty():
        wishes = _asked(wishes)
    click.echo(f"wrote {make_home(folder, wishes)}")
    if wishes.subnets:
        click.echo("find the devices:        overnight home scan")
    else:
        subnet = next(map(str, home_networks()), "192.168.1.0/24")
        click.echo(f"find the devices:        overnight home scan --subnet {subnet}")
    click.echo("or add one by hand:      overnight home add FAMILY ADDRESS")
    click.echo("then give them names:    overnight home name NUMBER NAME --room ROOM")


def _asked(wishes: "HomeWishes") -> "HomeWishes":
    """The four answers; what cannot be is asked again."""
    from dataclasses import replace

    from overnight.files.local_zone import find_zone, local_zone
    from overnight.home.finding.subnets import home_networks

    zone = wishes.zone or local_zone() or "UTC"
    while not find_zone(zone := click.prompt("1. The time zone of the home?", default=zone)):
        click.echo("no zone of this machine; write a name such as Europe/Berlin")
    near = " ".join(wishes.subnets or map(str, home_networks())) or "none"
    said = click.prompt("2. Which networks may be scanned? `none`, or several with spaces", default=near)
    while True:
        where = click.prompt(
            "3. Where is it, for the sun? Degrees such as 52.5,13.4; Enter: not said", default="", show_default=False
        )
        try:
            latitude, longitude = _place(where)
            break
        except UserError as error:
            click.echo(str(error.fix))
    others = click.prompt("4. Who else lives there? Names with commas; Enter: nobody", default="", show_default=False)
    return replace(
        wishes,
        zone=zone,
        subnets=() if said.strip().lower() in NONE else tuple(said.replace(",", " ").split()),
        latitude=latitude,
        longitude=longitude,
        members=tuple(name for each in others.split(",") if (name := each.strip())),
    )


def _place(text: str) -> tuple[float | None, float | None]:
    """Degrees of a place; raises UserError if a text names none."""
    if not text.strip():
        return None, None
    found = re.fullmatch(r"\s*(-?\d+(?:\.\d+)?)\s*[, ]\s*(-?\d+(?:\.\d+)?)\s*", text)
    if not found:
        raise UserError("the place is not understood", fix="write degrees, north and then east, such as 52.5,13.4")
    return float(found[1]), float(found[2])
