"""When the sun rises and sets at the home today, computed here."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from overnight.errors import UserError
from overnight.home.operations._home import opened
from overnight.jobs.schedule import zone_of
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin

HORIZON = -0.833  # degrees at which the upper edge of the sun is seen: refraction and half of its disc


@dataclass(frozen=True, slots=True, kw_only=True)
class SunInput:
    """Nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sun:
    """The sun at the home."""

    up: bool  # whether it is above the horizon now
    elevation: float  # degrees above the horizon
    dawn: str  # HH:MM by the home's clock; empty: not today
    sunrise: str
    sunset: str
    dusk: str


def run(_context: Context, _given: SunInput) -> Sun:
    """By the home's place."""
    with opened() as (record, settings):
        now, zone = datetime.fromtimestamp(record.clock(), zone_of(settings.zone)), settings.zone
    if settings.latitude is None or settings.longitude is None:
        raise UserError("it is not known where the home is", fix="write `latitude` and `longitude` in home.yaml")
    from astral import Observer
    from astral.sun import dawn, dusk, elevation, sunrise, sunset

    place = Observer(latitude=settings.latitude, longitude=settings.longitude)

    def clock(of: Callable[..., datetime]) -> str:
        try:
            return f"{of(place, date=now.date(), tzinfo=zone_of(zone)):%H:%M}"
        except ValueError:  # near the poles it does not happen each day
            return ""

    height = float(elevation(place, now))
    return Sun(
        up=height > HORIZON,
        elevation=round(height, 1),
        dawn=clock(dawn),
        sunrise=clock(sunrise),
        sunset=clock(sunset),
        dusk=clock(dusk),
    )


def render(found: Sun) -> str:
    """In a line."""
    how = "up" if found.up else "down"
    times = {"dawn": found.dawn, "sunrise": found.sunrise, "sunset": found.sunset, "dusk": found.dusk}
    return f"the sun is {how}; " + ", ".join(f"{name} {at or 'not today'}" for name, at in times.items())


OPERATION = Operation(
    name="home sun",
    about="Say when the sun rises and sets at the home today, and whether it is up.",
    input=SunInput,
    output=Sun,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
