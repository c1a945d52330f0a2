"""How a provider of models stands, in words."""

from collections.abc import Iterable
from datetime import UTC, datetime

from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.words.foreign import printable

NAME, WHY = 60, 300  # characters


def describe_provider(state: ProviderState) -> str:
    """One line: since when, what it waits for, and why."""
    name, since = printable(state.provider, NAME), f"since {clock(state.since)}"
    why = f": {printable(state.why, WHY)}" if state.why else ""
    match state.standing:
        case ProviderStanding.READY:
            return f"{name} is ready again"
        case ProviderStanding.SLOW:
            return f"{name} is slow {since}{why}"
        case ProviderStanding.PAUSED:
            return f"{name} is out {since}, tried again within a minute{why}"
        case ProviderStanding.PARKED:
            again = f", asked again at {clock(state.until)}" if state.until else ""
            return f"{name} is out of quota {since}{again}{why}"
        case ProviderStanding.BROKEN:
            return f"{name} is out {since}, until you fix it{why}"


def provider_lines(states: Iterable[ProviderState]) -> list[str]:
    """A line for each provider that is not ready, those that wait for a person first."""
    order = [ProviderStanding.BROKEN, ProviderStanding.PARKED, ProviderStanding.PAUSED, ProviderStanding.SLOW]
    shown = [state for state in states if state.standing in order]
    return [describe_provider(state) for state in sorted(shown, key=lambda state: order.index(state.standing))]


def clock(at: float) -> str:
    """A Unix time as the time of day."""
    return f"{datetime.fromtimestamp(at, tz=UTC):%H:%M} UTC"
