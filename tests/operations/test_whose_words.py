"""Whose words the answers of operations have."""

from dataclasses import dataclass

from overnight.operations.operation import Operation, Tier
from overnight.operations.principal import Origin
from overnight.operations.registry import operations

# Their answers are words of ours and of who called. A mind that acts is shown these: add one only if no text of a repository, a
# page, a model, a program or another person can stand in its answer.
CLEAN = {
    "hub ban",
    "hub invite",
    "hub pause",
    "hub resume",
    "hub unban",
    "hub withdraw",
    "approve",
    "budget",
    "claw backups",
    "claw continue",
    "claw mcp",
    "claw note",
    "claw persons",
    "claw remind",
    "claw repos",
    "claw say",
    "claw soul",
    "claw stop",
    "claw tools",
    "claw undo",
    "claw write",
    "do",
    "docs",
    "home eyes",
    "home lookout",
    "home lookouts",
    "home name",
    "home names",
    "home rooms",
    "home sightings",
    "home snapshot",
    "home sun",
    "home verdict",
    "idea add",
    "labs",
    "operations",
    "operations show",
    "ps",
    "refuse",
    "run",
    "spend",
    "stop",
    "task stop",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Nothing:
    """No input."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """An answer that says whose words it has."""

    origin: Origin


def operation(output: type) -> Operation[Nothing, Said]:
    """One that says nothing of its words."""
    return Operation(
        name="x",
        about="x",
        input=Nothing,
        output=output,
        tier=Tier.READ,
        run=lambda _context, _given: Said(origin=Origin.CLAW),
        render=lambda found: found.origin.value,
    )


def test_a_new_operation_answers_in_words_of_strangers() -> None:
    """Only an answer that says that it is a person's or our own is shown to a mind."""
    new = operation(Said)
    assert new.words is Origin.FOREIGN
    for origin in (Origin.OWNER, Origin.MEMBER, Origin.CLAW):
        assert new.words_of(Said(origin=origin)) is Origin.CLAW
    for origin in (Origin.TOOL, Origin.FOREIGN):
        assert new.words_of(Said(origin=origin)) is Origin.FOREIGN


def test_the_clean_ones_are_known() -> None:
    """Nothing is declared clean in passing."""
    assert {each.name for each in operations() if each.words is Origin.CLAW} == CLEAN
