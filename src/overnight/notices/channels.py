"""Which channels a campaign uses: those of the user's settings, or those its program names, as far as the settings allow."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from overnight.notices.notice import NotifySettings, NotifySpec
from overnight.notices.settings import split_url
from overnight.words.foreign import printable

NAME = 100  # characters of a name or address in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Channels:
    """The channels to use, and a line for each channel of the program that cannot be used."""

    chosen: tuple[NotifySpec, ...]
    problems: tuple[str, ...] = ()


def choose_channels(wanted: Sequence[NotifySpec], settings: NotifySettings) -> Channels:
    """The channels that a program names; all channels of the settings if it names none.

    What the settings do not have or allow is left out and reported. It stops no campaign: another person's program may name
    channels that only they have.
    """
    if not wanted:
        return Channels(chosen=settings.channels)
    known = {channel.name: channel for channel in settings.channels}
    chosen: dict[str, NotifySpec] = {}
    problems: list[str] = []
    for spec in wanted:
        shown = printable(spec.name, NAME)
        if spec.use and _host(spec) in settings.hosts:
            chosen[spec.name] = spec
        elif spec.use:
            problems.append(f'nothing is sent to {shown}: allow it in your settings by [notify] hosts = ["{_host(spec)}"]')
        elif spec.name in known:
            both = tuple(occasion for occasion in known[spec.name].on if occasion in spec.on)
            chosen[spec.name] = replace(known[spec.name], on=both)
        else:
            problems.append(f"nothing is sent to `{shown}`: your settings have no [notify.channels.{shown}]")
    return Channels(chosen=tuple(chosen.values()), problems=tuple(problems))


def _host(spec: NotifySpec) -> str:
    """The host of a program's URL, with the port if it has one."""
    parts = split_url(spec.url.literal) if spec.url else None
    return parts.netloc.lower() if parts else ""
