"""Every way to have a researcher here: what there is, what is missing, and what to write into `program.md`.

Nothing is asked over the network, and no key is read. Does not cover: whether a program really works in the jail and with the
models, which only `overnight agents test` can say.
"""

from collections.abc import Mapping, Sequence

from overnight.agents.model_source import AGENT_WIRES, find_source
from overnight.agents.programs import ACP, find_program, find_versions
from overnight.agents.templates import TEMPLATES
from overnight.config import Settings
from overnight.models.usage import Wire
from overnight.research.researchers.way import Way

OWN = {"agent": "our own agent", "editor": "one request, one edit"}
NO_VERSION = "(it does not say its version)"


async def find_ways(settings: Settings, environment: Mapping[str, str]) -> Sequence[Way]:
    """All ways, in the order in which a newcomer would try them."""
    programs = [*(template.program for template in TEMPLATES.values()), *(each.program for each in ACP)]
    versions = await find_versions(programs)
    tuner = Way(
        name="tuner",
        use="tuner",
        ready=True,
        detail="built in: needs no model and no key",
        fix="",
        write="{role: tuner, use: tuner}",
    )
    commands = [
        _program(
            name,
            program=template.program,
            install=template.install,
            wires=template.wires,
            write=f"{{role: explorer, use: command, template: {name}}}",
            settings=settings,
            environment=environment,
            versions=versions,
        )
        for name, template in TEMPLATES.items()
    ]
    over_acp = [
        _program(
            f"acp:{each.command}",
            program=each.program,
            install=each.install,
            wires=each.wires,
            write=f'{{role: explorer, use: acp, command: "{each.command}"}}',
            settings=settings,
            environment=environment,
            versions=versions,
        )
        for each in ACP
    ]
    return [tuner, *(_own(use, settings, environment) for use in OWN), *commands, *over_acp]


def _own(use: str, settings: Settings, environment: Mapping[str, str]) -> Way:
    source = find_source(AGENT_WIRES, settings, environment)
    model = source.model or "the one that `model:` names"
    return Way(
        name=use,
        use=use,
        ready=source.ready,
        detail=f"{OWN[use]}: {source.detail}" + (f"; model: {model}" if source.ready else ""),
        fix=source.fix,
        write=f"{{role: explorer, use: {use}{'' if source.model else ', model: NAME'}}}",
        wires=AGENT_WIRES,
        provider=source.provider,
    )


def _program(
    name: str,
    *,
    program: str,
    install: str,
    wires: tuple[Wire, ...],
    write: str,
    settings: Settings,
    environment: Mapping[str, str],
    versions: Mapping[str, str],
) -> Way:
    """An agent program, whichever way it is talked with."""
    path, source = find_program(program), find_source(wires, settings, environment)
    detail = f"{versions[program] or NO_VERSION} at {path}; {source.detail}" if path else f"`{program}` is not on PATH"
    return Way(
        name=name,
        use="acp" if name.startswith("acp:") else "command",
        ready=bool(path) and source.ready,
        detail=detail,
        fix="; ".join(filter(None, ["" if path else install, source.fix])),
        write=write,
        path=path,
        version=versions.get(program, ""),
        wires=wires,
        provider=source.provider,
    )
