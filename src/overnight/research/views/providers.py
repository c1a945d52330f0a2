"""How a provider of models stands, in words."""

from collections.abc import Iterable
from datetime import UTC, datetime

from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.words.foreign import printable

NAME, WHY = 60, 300  # characters


def describe_provider(state: ProviderState, *, ended: bool = False) -> str:
    """One line: since when, what it waits for, and why; `ended`: nobody asks it again, as the session is over."""
    name, since = printable(state.provider, NAME), f"since {_clock(state.since)}"
    why = f": {printable(state.why, WHY)}" if state.why else ""
    match state.standing:
        case ProviderStanding.READY:
            return f"{name} is ready again"
        case ProviderStanding.SLOW:
            return f"{name} is slow {since}{why}"
        case ProviderStanding.PAUSED:
            return f"{name} is out {since}{'' if ended else ', tried again within a minute'}{why}"
        case ProviderStanding.PARKED:
            what = "until" if ended else "asked again at"
            again = f", {what} {_clock(state.until, state.since)}" if state.until else ""
            return f"{name} is out of quota {since}{again}{why}"
        case ProviderStanding.BROKEN:
            return f"{name} is out {since}, until you fix it{why}"


def provider_lines(states: Iterable[ProviderState], *, ended: bool = False) -> list[str]:
    """A line for each provider that is not ready, those that wait for a person first; `ended` as above."""
    order = [ProviderStanding.BROKEN, ProviderStanding.PARKED, ProviderStanding.PAUSED, ProviderStanding.SLOW]
    shown = [state for state in states if state.standing in order]
    shown.sort(key=lambda state: order.index(state.standing))
    return [describe_provider(state, ended=ended) for state in shown]


def _clock(at: float, since: float | None = None) -> str:
    """A Unix time as the time of day, with the date if it is of another day than `since`."""
    time = datetime.fromtimestamp(at, tz=UTC)
    other_day = since is not None and time.date() != datetime.fromtimestamp(since, tz=UTC).date()
    return f"{time:%Y-%m-%d %H:%M} UTC" if other_day else f"{time:%H:%M} UTC"
