"""Rules of the owner: device, property, range and hours, and nothing else."""

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from overnight.home.acting.rules import tier_of_command
from overnight.home.events import RuleSet
from overnight.home.things import Device, Trait, Value
from overnight.operations.operation import Tier

BERLIN = "Europe/Berlin"
SPA = Device(number=7, identity="spa", family="x", address="x", traits=(Trait.HEATER,), alias="spa")


def at(text: str, *, fold: int = 0) -> float:
    """The moment at which a clock in Berlin shows a time."""
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(BERLIN), fold=fold).timestamp()


def rule(low: float = 30, high: float = 38, begin: int = 16 * 60, end: int = 22 * 60, device: int = 7) -> RuleSet:
    """`spa target 30..38 from 16:00 to 22:00`."""
    return RuleSet(device=device, property="target", low=low, high=high, begin=begin, end=end)


def tier(want: dict[str, Value], *rules: RuleSet, when: str = "2026-12-02T18:00", fold: int = 0) -> Tier:
    """The tier of setting the spa so."""
    return tier_of_command(SPA, want, rules, now=at(when, fold=fold), zone=BERLIN)


@pytest.mark.parametrize("when", ["2026-12-02T16:00", "2026-12-02T21:59"])
def test_what_a_rule_covers_needs_no_question(when: str) -> None:
    """Within range and hours."""
    assert tier({"target": 38}, rule(), when=when) is Tier.REVERSIBLE


@pytest.mark.parametrize("when", ["2026-12-02T15:59", "2026-12-02T22:00", "2026-12-02T03:00"])
def test_out_of_hours_is_asked(when: str) -> None:
    """A minute early or late."""
    assert tier({"target": 38}, rule(), when=when) is Tier.PHYSICAL


def test_what_no_rule_names_is_asked() -> None:
    """Another value, property, device, or more than the rule has."""
    assert tier({"target": 38.1}, rule()) is Tier.PHYSICAL
    assert tier({"target": True}, rule(low=0, high=1)) is Tier.PHYSICAL
    assert tier({"target": 38, "on": True}, rule()) is Tier.PHYSICAL
    assert tier({"target": 38}, rule(device=8)) is Tier.PHYSICAL
    assert tier({"on": True}, RuleSet(device=7, property="on", values=(False,))) is Tier.PHYSICAL
    assert tier({}, rule()) is Tier.PHYSICAL
    assert tier({"target": 38, "on": True}, rule(), RuleSet(device=7, property="on", values=(True,))) is Tier.REVERSIBLE


def test_over_midnight_and_at_any_hour() -> None:
    """`--from 22:00 --to 06:00` counts at night; without hours it counts always."""
    night = rule(begin=22 * 60, end=6 * 60)
    for when, found in (
        ("23:00", Tier.REVERSIBLE),
        ("05:59", Tier.REVERSIBLE),
        ("06:00", Tier.PHYSICAL),
        ("12:00", Tier.PHYSICAL),
    ):
        assert tier({"target": 38}, night, when=f"2026-12-02T{when}") is found
    assert tier({"target": 38}, rule(begin=0, end=0), when="2026-12-02T12:00") is Tier.REVERSIBLE


def test_when_clocks_change() -> None:
    """The hours are those that a clock on the wall shows, in an hour that comes twice as well."""
    hour = rule(begin=2 * 60, end=3 * 60)
    assert tier({"target": 38}, hour, when="2026-10-25T02:30") is Tier.REVERSIBLE
    assert tier({"target": 38}, hour, when="2026-10-25T02:30", fold=1) is Tier.REVERSIBLE
    assert tier({"target": 38}, hour, when="2026-10-25T03:00") is Tier.PHYSICAL
    skipped = at("2026-03-29T01:59") + 60  # clocks show 03:00
    assert tier_of_command(SPA, {"target": 38}, [hour], now=skipped, zone=BERLIN) is Tier.PHYSICAL
