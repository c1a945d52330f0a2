"""The devices of the home."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.operations._home import DeviceState, doubts, opened, seen_by, state_of, value_words
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DevicesInput:
    """Nothing."""


def run(context: Context, _given: DevicesInput) -> Sequence[DeviceState]:
    """All that are known."""
    with opened() as (record, settings):
        return [state_of(record, device) for device in seen_by(context, record, settings)]


def render(found: Sequence[DeviceState]) -> str:
    """A line each, and how those without a name are used."""
    if not found:
        return "No devices are known. Find them: overnight home scan"
    lines = [_line(each) for each in found]
    if new := [each.number for each in found if not each.name]:
        lines.append(f"what one without a name is: overnight home show {new[0]}; to use it: overnight home name {new[0]} NAME")
    return "\n".join(lines)


def _line(each: DeviceState) -> str:
    room = f" in {each.room}" if each.room else ""
    family = "" if each.name else f" of {each.family}"
    values = f" {value_words(each.values)}" if each.values else ""
    return f"#{each.number} {each.name or '(no name)'}{room} [{', '.join(each.traits)}]{family}{values}{doubts(each)}"


OPERATION = Operation(
    name="home devices",
    about="List the devices of the home, with what each said last.",
    input=DevicesInput,
    output=Sequence[DeviceState],
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.TOOL,
    render=render,
)
