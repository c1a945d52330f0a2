"""A dry spell: pauses between tries that come to nothing, and when there are no more."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.hindrance import Hindrance
from overnight.research.loop.dry_spell import FREE, LAST, MISSING, SHARE, TOKENS, TRIES, DrySpell


def spell(tries: int, *, patience_s: float = 600.0, began_s: float = 0.0, tokens: int = 0) -> DrySpell:
    made = DrySpell(patience_s=patience_s, began_s=began_s)
    for number in range(1, tries + 1):
        made.add(f"problem {number}", tokens if number == 1 else 0)
    return made


def test_the_researcher_is_told_of_its_last_tries() -> None:
    """A few of them, the newest last."""
    assert list(spell(2).problems) == ["problem 1", "problem 2"]
    assert list(spell(7).problems) == ["problem 5", "problem 6", "problem 7"] and LAST == 3


def test_the_first_tries_follow_at_once_and_later_ones_after_pauses_that_double() -> None:
    """Up to a share of its patience."""
    assert [spell(tries).pause_s for tries in range(FREE + 1)] == [0.0] * (FREE + 1)
    assert [spell(FREE + further).pause_s for further in (1, 2, 3)] == [0.2, 0.4, 0.8]
    assert spell(100).pause_s == 600.0 / SHARE


@given(st.integers(0, 5000), st.floats(0.0, 1e9))
def test_pauses_only_grow(tries: int, patience_s: float) -> None:
    """And never beyond the share, after any number of tries."""
    now, then = (DrySpell(patience_s=patience_s, began_s=0.0, tries=n) for n in (tries, tries + 1))
    assert 0.0 <= now.pause_s <= then.pause_s <= patience_s / SHARE


def test_it_is_over_after_enough_tries_and_its_patience() -> None:
    """Neither suffices alone; both count from where the spell began."""
    for tries, now_s, over in ((TRIES - 1, 9e9, False), (TRIES, 1599.0, False), (TRIES, 1600.0, True)):
        assert bool(spell(tries, began_s=1000.0).over(now_s)) is over


def test_it_is_over_after_enough_tries_and_tokens() -> None:
    """An expensive researcher is not asked until its patience ends."""
    for tries, used, over in ((TRIES - 1, 10 * TOKENS, False), (TRIES, TOKENS - 1, False), (TRIES, TOKENS, True)):
        assert bool(spell(tries, tokens=used).over(1.0)) is over


def test_a_person_is_warned_once() -> None:
    """When the tries have become many: how it goes on, and what was wrong with the last one."""
    assert [bool(spell(tries).warning()) for tries in (TRIES - 1, TRIES, TRIES + 1)] == [False, True, False]
    asked_on = "asked on after pauses of up to 20.0 s, until 10 min 00 s have brought nothing new (the last one: problem 10)"
    assert spell(TRIES).warning() == f"10 proposals in a row came to nothing; {asked_on}"


def test_the_reason_says_what_was_spent_and_what_was_wrong() -> None:
    """Tokens only if there were any."""
    tried = "(10 proposals in a row came to nothing; the last one: problem 10)"
    assert spell(TRIES).over(700.0) == f"nothing new in 11 min 40 s {tried}"
    assert spell(TRIES, tokens=12_345).over(700.0) == f"nothing new in 11 min 40 s and 12.3 k tokens {tried}"


def hindered(*kinds: Hindrance | None, waited_for: bool = False) -> DrySpell:
    made = DrySpell(patience_s=600.0, began_s=0.0, waited_for=waited_for)
    for kind in kinds:
        made.add("it is out", 0, kind)
    return made


def test_a_program_that_is_missing_is_not_waited_for() -> None:
    """A few tries in a row suffice, but not if it was there in between."""
    assert hindered(*[Hindrance.MISSING] * MISSING, waited_for=True).over(1.0) == "it is out"
    assert not hindered(*[Hindrance.MISSING] * (MISSING - 1)).over(1.0)
    assert not hindered(Hindrance.PROGRAM, *[Hindrance.MISSING] * MISSING).over(1.0)


def test_who_never_worked_is_not_waited_for() -> None:
    """Its patience is for what may pass, such as an outage; one that comes to nothing has its patience too."""
    refused = [Hindrance.MODELS] * TRIES
    assert hindered(*refused).over(1.0) and not hindered(*refused, waited_for=True).over(1.0)
    assert hindered(*refused, waited_for=True).over(600.0)
    assert not hindered(*[None] * TRIES).over(1.0)


def test_most_tries_say_what_hindered_it() -> None:
    """None if half of them or more came to nothing although it could work."""
    assert hindered(Hindrance.MODELS, Hindrance.MODELS, None).hindrance is Hindrance.MODELS
    assert hindered(Hindrance.MODELS, Hindrance.PROGRAM, Hindrance.PROGRAM, None).hindrance is Hindrance.PROGRAM
    assert hindered(Hindrance.MODELS, None).hindrance is None
    assert hindered().hindrance is None
