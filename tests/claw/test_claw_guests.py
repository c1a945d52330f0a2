"""Guests of a claw: reminders of their own and what the owner named, and the table of who may do what."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from claws import ClawUnderTest

from overnight.claw.events import Paired
from overnight.claw.memory.reader import recall_for
from overnight.claw.operations.claw_remind import RemindInput
from overnight.claw.operations.claw_remind import run as remind
from overnight.claw.port import Turn
from overnight.claw.setup.parsing import parse_charter
from overnight.errors import ProgramError, UserError
from overnight.operations.operation import Context, Tier
from overnight.operations.permission import NotAllowed, needs_approval
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.operations.registry import find, operations

DOCS = Path(__file__).parents[2] / "docs" / "claw.md"
BO = Address("phone", "7")


@pytest.fixture
def guest(claw: ClawUnderTest) -> ClawUnderTest:
    """A claw with a guest named Bo."""
    claw.record.append(Paired(address=BO, person="Bo", role=Kind.GUEST))
    return claw


def says(claw: ClawUnderTest, text: str) -> str:
    """Bo writes; what goes out to him then."""
    before = {send.key for _, send in claw.record.unsent()}
    claw.hear(text, channel=BO.channel, sender=BO.id)
    claw.run()
    sends = [send for _, send in claw.record.unsent() if send.key not in before and send.to == BO]
    return "\n".join(claw.record.text(send.text) for send in sends)


def may(name: str, who: Kind, named: frozenset[str] = frozenset()) -> str:
    """What the door says to a person's own call."""
    operation = find(name)
    assert operation is not None, name
    origin = Origin.OWNER if who is Kind.OWNER else Origin.MEMBER
    context = Context(where=Path("/"), principal=Principal(who, "x"), origin=origin, guest_may=named)
    try:
        return "asks you" if needs_approval(operation, operation.tier, context) else "yes"
    except NotAllowed:
        return "no"


def rows() -> Iterator[tuple[str, str, str, str]]:
    """The rows of the table, one for each operation."""
    table = DOCS.read_text(encoding="utf-8").split("### Who may do what")[1].split("\n\n")[1]
    for line in table.splitlines()[2:]:
        what, owner, member, guest = (cell.strip() for cell in line.strip("|").split("|"))
        for name in re.findall(r"`([^`]+)`", what):
            yield name, owner, member, guest


@pytest.mark.parametrize(("name", "owner", "member", "guest"), list(rows()))
def test_the_table_of_the_docs_is_what_the_door_holds(name: str, owner: str, member: str, guest: str) -> None:
    """Each operation of each row, for each role."""
    operation = find(name)
    assert operation is not None
    assert may(name, Kind.OWNER) == owner
    if member == "by tier":
        assert operation.raised is not None and operation.tier is Tier.REVERSIBLE
    else:
        assert may(name, Kind.MEMBER) == member
    assert may(name, Kind.GUEST) == ("yes" if guest == "yes" else "no")
    assert may(name, Kind.GUEST, frozenset({name})) == ("no" if guest == "no" else "yes")


def test_the_door_has_nothing_else_for_guests() -> None:
    """Of all operations there are four for guests; naming adds only what reads, and nothing has the owner asked."""
    every = list(operations())
    assert [each.name for each in every if may(each.name, Kind.GUEST) != "no"] == sorted(
        ["claw remind", "claw reschedule", "claw schedule", "claw unschedule"]
    )
    names = frozenset(each.name for each in every)
    opened = [each for each in every if may(each.name, Kind.GUEST, names) == "yes" and not each.guests]
    assert opened and all(each.tier is Tier.READ and not each.egress and not each.owner_only for each in opened)
    assert not [each.name for each in every if may(each.name, Kind.GUEST, names) == "asks you"]


def test_a_guest_keeps_reminders(guest: ClawUnderTest) -> None:
    """They are set, listed, moved and cancelled, come to the guest, and are the guest's alone."""
    guest.tell("remind me in 20 minutes to call the bank")
    assert "is set: stretch" in says(guest, "remind me in 10 minutes to stretch")
    assert "stretch" in says(guest, "reminders") and "bank" not in says(guest, "what is due?")
    guest.clock.now += 700
    guest.run()
    assert "⏰ stretch" in [guest.record.text(send.text) for _, send in guest.record.unsent() if send.to == BO]
    assert "is set" in says(guest, "remind me every day at 9 to swim")
    assert says(guest, "cancel the reminder about swim")
    assert [each.set.person for each in guest.record.schedules() if each.state == "live"] == ["owner"]


def test_a_guest_has_so_many_reminders(guest: ClawUnderTest) -> None:
    """The cap of claw.yaml counts each guest's own; what acts is not for guests."""
    (guest.folder / "claw.yaml").write_text("zone: UTC\nguests: {reminders: 2}\n")
    for hour in (9, 10):
        assert "is set" in says(guest, f"remind me every day at {hour} to swim")
    assert "a guest has 2 reminders at most" in says(guest, "remind me every day at 11 to swim")
    says(guest, "cancel the reminder about swim at 9")
    context = Context(where=guest.folder, principal=Principal(Kind.GUEST, "Al"), origin=Origin.MEMBER, address=BO)
    with pytest.raises(UserError, match="nothing done"):
        remind(context, RemindInput(when="in 5 minutes", what="campaigns", act=True))


@pytest.mark.parametrize(
    "text",
    [
        "note that the key is mine",
        "what do you know?",
        "where is the key?",
        "forget the key for good",
        "claw status",
        "log",
        "show 3",
        "how is parser?",
        "what runs?",
        "approvals",
        "why",
        'every morning at 8 ask "how is parser?"',
        "tell me when `true` fails",
        "go on",
        "stop",
    ],
)
def test_all_else_is_not_for_guests(guest: ClawUnderTest, text: str) -> None:
    """Nothing is done, asked of the owner or stopped, and the answer has nothing of the owner."""
    guest.tell("note that the key is under the mat")
    (guest.folder / "claw.yaml").write_text("zone: UTC\nrepos: {parser: /tmp}\n")
    answer = says(guest, text)
    assert "not for guests" in answer and "mat" not in answer and "parser" not in answer
    assert [guest.record.text(fact.text) for _, fact in guest.record.facts()] == ["the key is under the mat"]
    assert not guest.record.is_stopped and not guest.record.asked() and len(guest.record.schedules()) == 0


def test_the_help_of_a_guest_is_what_a_guest_can_say(guest: ClawUnderTest) -> None:
    """Each example of it is done."""
    shown = says(guest, "help")
    assert "remind me in 20 minutes to stretch" in shown and "note" not in shown and "go on" not in shown
    assert "I do not understand" in says(guest, "sing a song") and "note that" not in says(guest, "noet that tea is in the jar")


def test_a_guest_reads_what_the_owner_named(guest: ClawUnderTest) -> None:
    """What `may` names is answered; of the claw's memory it is the guest's own."""
    guest.tell("note that the key is under the mat")
    (guest.folder / "claw.yaml").write_text("zone: UTC\nguests: {may: [home, claw recall]}\n")
    assert "not for guests" not in says(guest, "what runs?")
    answer = says(guest, "recall the key")
    assert "not for guests" not in answer and "mat" not in answer
    assert "not for guests" in says(guest, "claw status")


def test_what_a_guest_says_is_theirs(guest: ClawUnderTest) -> None:
    """The owner is not shown it as a memory, and the guest none of the owner's."""
    says(guest, "remind me in 10 minutes that my locker is 4711")
    guest.tell("note that the locker of mine is 0815")
    turns = {"number": guest.record.store.newest() + 1, "text": "the locker", "origin": Origin.OWNER, "at": 0.0, "zone": "UTC"}
    owner = Turn(**turns, person="owner", role=Kind.OWNER, to=Address("terminal", "owner"))  # type: ignore[arg-type]  # of several types
    bo = Turn(**turns, person="Bo", role=Kind.GUEST, to=BO)  # type: ignore[arg-type]  # of several types
    for turn, theirs, others in ((owner, "0815", "4711"), (bo, "4711", "0815")):
        found = " ".join(each.text for each in recall_for(guest.record, turn))
        assert theirs in found and others not in found


def test_a_guest_that_is_a_member_no_more(claw: ClawUnderTest) -> None:
    """What somebody set as a member stops once they are paired again as a guest."""
    claw.record.append(Paired(address=BO, person="Bo", role=Kind.MEMBER))
    assert "is set" in says(claw, "remind me every day at 9 to swim")
    claw.record.append(Paired(address=BO, person="Bo", role=Kind.GUEST))
    claw.clock.now += 86_400
    claw.run()
    [plan] = claw.record.schedules()
    assert (plan.state, plan.why) == ("paused", "Bo is not known here any more")


@pytest.mark.parametrize("name", ["claw shell", "claw fetch", "claw log", "no such thing", "claw note"])
def test_only_what_reads_can_be_named_for_guests(name: str) -> None:
    """Anything else is a mistake of claw.yaml, said with its fix."""
    with pytest.raises(ProgramError, match="is no operation that only reads"):
        parse_charter(f"guests: {{may: [{name}]}}\n")


def test_guests_are_as_claw_yaml_says() -> None:
    """Without a word of it they have ten reminders, nothing to read and no tokens."""
    assert parse_charter("zone: UTC\n").guests == parse_charter("").guests
    found = parse_charter("guests: {reminders: 3, may: [status], tokens_a_day: 20k}\n").guests
    assert (found.reminders, found.may, found.tokens_a_day) == (3, ("status",), 20_000)
