"""What entities of Home Assistant are to us."""

import pytest

from overnight.home.drivers._entities import actions_for, properties_of, trait_of, values_of
from overnight.home.port import Refused
from overnight.home.things import Trait

RANGE_ALONE, ONE_TARGET = 2, 1  # of `supported_features`


def names(entity: str, attributes: dict[str, object]) -> list[str]:
    """Of its properties."""
    return [each.name for each in properties_of(entity, attributes)]


def test_a_thermostat_that_has_a_range_alone_has_no_target() -> None:
    """Home Assistant would take a target, and never say that it has one."""
    assert names("climate.hall", {"supported_features": RANGE_ALONE}) == ["mode", "temperature"]
    assert names("climate.hall", {"supported_features": RANGE_ALONE | ONE_TARGET})[0] == "target"


def test_a_mode_is_set_by_the_word_that_it_is_read_by() -> None:
    """`auto` is `heat_cool` to most thermostats; one that has both means two things, and `heat_cool` has no word here."""
    one, both = {"hvac_modes": ["off", "heat_cool"]}, {"hvac_modes": ["off", "heat_cool", "auto"]}
    assert values_of("climate.hall", "heat_cool", one) == {"mode": "auto"}
    assert actions_for("climate.hall", {"mode": "auto"}, one) == [("set_hvac_mode", {"hvac_mode": "heat_cool"})]
    assert values_of("climate.hall", "heat_cool", both) == {}
    assert actions_for("climate.hall", {"mode": "auto"}, both) == [("set_hvac_mode", {"hvac_mode": "auto"})]


def test_the_sources_of_a_player_are_known_and_not_the_only_ones() -> None:
    """They are shown; a list that is none has none."""
    (source,) = [
        each for each in properties_of("media_player.tv", {"source_list": ["dvd", 4, "radio"]}) if each.name == "source"
    ]
    assert source.choices == ("dvd", "radio")
    assert "source" not in names("media_player.tv", {"source_list": "dvd"})


def test_a_garage_door_without_positions_is_open_or_closed() -> None:
    """As most are: nothing between is sent, and what moves is neither."""
    door = {"device_class": "garage", "supported_features": 3}
    assert trait_of("cover.garage", door) is Trait.GATE and names("cover.garage", door) == ["position"]
    assert [values_of("cover.garage", state, door) for state in ("open", "closed", "opening")] == [
        {"position": 100.0},
        {"position": 0.0},
        {},
    ]
    assert actions_for("cover.garage", {"position": 0.0}, door) == [("close_cover", {})]
    assert actions_for("cover.garage", {"position": 100.0}, door) == [("open_cover", {})]
    with pytest.raises(Refused, match="nothing between"):
        actions_for("cover.garage", {"position": 40.0}, door)
    assert not names("cover.tilt", {"supported_features": 240})
    shade = {"current_position": 40}
    assert actions_for("cover.shade", {"position": 0.0}, shade) == [("set_cover_position", {"position": 0})]
    assert [values_of("cover.shade", state, shade) for state in ("open", "opening")] == [{"position": 40}, {}]
