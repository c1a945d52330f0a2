"""What works on this machine."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.errors import UserError
from overnight.jail.doctor import Probe
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class DoctorInput:
    """Which machines."""

    on: Annotated[str, Option(about="Name of machines in the settings; by default this one.", raises=True)] = ""


def run(context: Context, given: DoctorInput) -> Sequence[Probe]:
    """Try each thing."""
    if given.on:
        from overnight.research.setup.machine_probes import probe_machines

        return probe_machines(given.on)
    import anyio

    from overnight.jail.doctor import probe
    from overnight.machines.gpus.probe import probe_gpus
    from overnight.research.places.seclusion import checkout_around

    checkout = checkout_around(context.where)
    return (*anyio.run(probe, checkout), anyio.run(probe_gpus, checkout), _secrets())


def tier_of(_context: Context, given: DoctorInput) -> Tier:
    """Other machines are asked for, with the owner's rights there."""
    return Tier.COSTLY if given.on else Tier.READ


def state(_context: Context, _given: DoctorInput) -> str:
    """Nothing that it depends on changes what it does."""
    return ""


def _secrets() -> Probe:
    """Whether the stored secrets can be read, by us alone; shows their names."""
    from overnight.secrets.broker import stored_where, user_broker

    broker = user_broker()
    try:
        found = [f"{name} ({stored_where(broker.environment, name) or 'in the environment'})" for name in broker.names()]
    except UserError as error:
        return Probe(name="secrets", holds=False, detail=str(error.args[0]), fix=error.fix)
    return Probe(name="secrets", holds=True, detail=", ".join(found) or "none is stored")


def render(probes: Sequence[Probe]) -> str:
    """A line for each, and the fix of what does not hold."""
    lines = []
    for found in probes:
        lines.append(f"{'ok  ' if found.holds else 'FAIL'}  {found.name}: {found.detail}")
        if not found.holds and found.fix:
            lines.append(f"      fix: {found.fix}")
    return "\n".join(lines)


OPERATION = Operation(
    name="doctor",
    about="Check what works on this machine and what does not.",
    details=(
        "In a repository it also checks that jobs cannot see it. With `--on`, each of those machines joins as it would for a"
        " campaign, and says what it is. Each failure comes with its fix. Exit code: 0 if everything"
        " works, 1 if something does not."
    ),
    input=DoctorInput,
    output=Sequence[Probe],
    tier=Tier.READ,
    lasts=True,
    raised=tier_of,
    state=state,
    read_back=repeatable,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=render,
    note="One for each check.",
    holds=lambda probes: all(found.holds for found in probes),
)
