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
    """A line each."""
    if not found:
        return "No devices are known. Find them: overnight home scan"
    return "\n".join(
        f"#{each.number} {each.name or '(no name)'} {f'in {each.room}' if each.room else ''} "
        f"[{', '.join(each.traits)}] {value_words(each.values)}{doubts(each)}".replace("  ", " ")
        for each in found
    )


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
