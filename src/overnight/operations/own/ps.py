"""The loops on this machine, over all repositories."""

import time
from dataclasses import dataclass
from typing import Annotated

from overnight.jobs.entries import read_registry, sweep
from overnight.jobs.listing import LoopList, line_words, list_loops
from overnight.jobs.records import loops_folder
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class PsInput:
    """Which loops."""

    everything: Annotated[bool, Option(about="Also those that were taken down.", flags=("--all",))] = False


def run(context: Context, given: PsInput) -> LoopList:
    """List them; what ended unexpectedly long ago is forgotten."""
    registry = read_registry(loops_folder())
    for trouble in registry.troubles:
        context.say(f"note: {trouble}")
    found = list_loops(registry, now=time.time(), monotonic=time.monotonic(), everything=given.everything)
    sweep(registry)
    return found


def render(found: LoopList) -> str:
    """A line for each."""
    now = time.time()
    return "\n".join(f"{line.name}  {line.state}  {line.folder}  {line_words(line, now)}" for line in found.loops)


OPERATION = Operation(
    name="ps",
    about="List the loops on this machine: what runs, since when, and what should run.",
    input=PsInput,
    output=LoopList,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
