"""What a role needs of the machine: a program, and wires on which somebody must serve models."""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass

from overnight.agents.model_source import AGENT_WIRES
from overnight.agents.programs import ACP, AcpProgram
from overnight.agents.registry import AGENTS
from overnight.agents.templates import TEMPLATES, Template
from overnight.models.usage import Wire
from overnight.program.program import ResearcherSpec
from overnight.research.readiness.role import built_in

OWN = {"agent": "our own agent", "editor": "one request, one edit"}
ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
PLAIN = re.compile(r"[A-Za-z0-9_./+-]+")  # a word that a shell takes as it is
# Words that a shell knows by itself, so that there need not be a program of that name.
BUILT_IN = re.compile(
    r":|\.|\[|alias|bg|break|case|cd|command|continue|echo|eval|exit|export|false|fc|fg|for|function|getopts|hash|if|jobs|kill|let"
    r"|local|printf|pwd|read|readonly|return|select|set|shift|source|test|time|times|trap|true|type|typeset|ulimit|umask|unalias"
    r"|unset|until|wait|while"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What a role needs."""

    models: bool  # it cannot work without
    who: str  # plays it, for people
    program: str = ""  # that has to be on PATH, or a path; empty: none that is known
    install: str = ""  # how a person gets it
    wires: tuple[Wire, ...] = ()  # any of which it speaks with a model; empty: not known
    own: bool = False  # one of our own agents, which asks for the model that the role or the provider names


def needs_of(spec: ResearcherSpec) -> Needs:
    """What a role needs; of a command that we do not know, its program only."""
    if spec.use not in AGENTS:
        return Needs(models=False, who=built_in(spec).player)
    if spec.use not in {"acp", "command"}:
        return Needs(models=True, who=OWN.get(spec.use, spec.use), wires=AGENT_WIRES, own=True)
    if spec.template:
        template = TEMPLATES[spec.template]
        return Needs(
            models=True, who=template.program, program=template.program, install=template.install, wires=template.wires
        )
    program = program_of(spec.command or "")
    known: Sequence[AcpProgram | Template] = [*(ACP if spec.use == "acp" else ()), *TEMPLATES.values()]
    found = next((each for each in known if each.program == program), None)
    if found:
        return Needs(models=True, who=program, program=program, install=found.install, wires=found.wires)
    return Needs(models=False, who=program or "a command", program=program)


def program_of(command: str) -> str:
    """The program that a shell command is sure to start; empty if that is not known."""
    command = command.replace("\\\n", "").strip()
    reader = shlex.shlex(command, posix=True, punctuation_chars=True)
    reader.commenters = ""
    try:
        words = list(reader)
    except ValueError:  # the shell will say so
        return ""
    if (
        "\n" in command or "PATH=" in command or any(set(word) <= set(";|&()") for word in words if word)
    ):  # another program may stand in for it
        return ""
    first = next((word for word in words if word != "exec" and not ASSIGNMENT.match(word)), "")
    return first if PLAIN.fullmatch(first) and not BUILT_IN.fullmatch(first) else ""
