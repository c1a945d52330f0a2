"""The pages of the home: what is on them, what can be done from them, and that a device's words stay words."""

from pathlib import Path

import pytest
from home_fakes import FakeHouse, house  # noqa: F401
from homes import home  # noqa: F401
from hostile import EVERYTHING, SCRIPT
from targets import run_here
from visits import owner, visit

from overnight.home.events import DeviceSeen, Lost, Read, RuleSet, SceneSet
from overnight.home.things import Property, Trait


@pytest.fixture
def lived_in(house: FakeHouse, tmp_path: Path) -> FakeHouse:  # noqa: F811
    """Two rooms; a lamp that was set, a lock, a player that is lost, a device without a name, a scene and a rule."""
    house.add("desk lamp", Trait.LIGHT, room="study", on=False, brightness=40.0)
    house.add("front door", Trait.LOCK, room="hall", locked=True)
    player = house.add("radio", Trait.MEDIA, room="study", playing="stopped")
    assert run_here(tmp_path, "home", "set", "desk lamp", "on=true").returncode == 0
    assert run_here(tmp_path, "home", "state", "front door").returncode == 0
    player.answers = False
    assert run_here(tmp_path, "home", "state", "radio").returncode == 1
    lamp, lock = house.device("desk lamp").number, house.device("front door").number
    house.record.append(
        SceneSet(name="sleepy time", steps=[(lamp, {"on": False})]),
        RuleSet(device=lock, property="locked", values=(True,)),
        DeviceSeen(identity="x", family="fake", address="elsewhere", traits=(Trait.SWITCH,), name="a plug"),
    )
    return house


def test_the_house_shows_rooms_troubles_scenes_and_rules(lived_in: FakeHouse) -> None:
    """Each device with what was read of it, what is wrong first; harmless ones have buttons, a lock has none."""
    page = visit("/house", owner({}))
    text = page.parsed.text
    for said in (
        "desk lamp",
        "On, brightness 40 %",
        "radio does not answer",
        "sleepy time",
        "front door: locked yes",
        "Study",
        "Hall",
    ):
        assert said in text, said
    forms = [each.attributes["id"] for each in page.parsed.all("form")]
    lamp, lock = lived_in.device("desk lamp").number, lived_in.device("front door").number
    assert f"order-home-set-{lamp}-on%3Dtrue" in forms
    assert not [each for each in forms if each.startswith(f"order-home-set-{lock}")]
    assert page.looked.title == "(1) House"
    assert "/house" in visit("/home", owner({})).html


def test_a_device_shows_its_commands_and_its_state_over_time(lived_in: FakeHouse) -> None:
    """Who wanted what, what became of it, its bounds, and a line for each value with a mark for the command."""
    lamp = lived_in.device("desk lamp").number
    page = visit(f"/house/{lamp}", owner({}))
    for said in ("on yes by owner:terminal: done, read back", "Brightness 0..100 %", "id of desk lamp", "fake"):
        assert said in page.parsed.text, said
    assert len(page.parsed.all("path")) == 2
    assert [each.attributes["class"] for each in page.parsed.all("line")] == ["done", "done"]
    assert (
        "locked true | false, you are asked"
        in visit(f"/house/{lived_in.device('front door').number}", owner({})).parsed.text.lower()
    )


def test_what_a_device_says_of_itself_stays_text(lived_in: FakeHouse) -> None:
    """Names, models, addresses, values, units and reasons that are markup are shown, and make no element."""
    strange = Property(name="mode", unit="<b>", choices=(SCRIPT,))
    number = lived_in.record.append(
        DeviceSeen(
            identity=SCRIPT,
            family="fake",
            address=EVERYTHING[:300],
            name=EVERYTHING,
            model=SCRIPT,
            maker=SCRIPT,
            traits=(Trait.CLIMATE,),
            properties=(strange,),
        )
    )
    lived_in.record.append(Read(device=number, values={"mode": EVERYTHING, SCRIPT: SCRIPT}, asked=1e9))
    lived_in.record.append(Lost(device=number, why=EVERYTHING))
    for address in ("/house", f"/house/{number}"):
        page = visit(address, owner({}))
        assert "<script>window" not in page.html and "<img src=http" not in page.html
        assert not {"\x1b", "\u202e", "\u200b"} & set(page.html + page.markdown)
        assert "window.owned" in page.parsed.text or address == "/house"


def test_without_a_home_the_page_says_how_to_begin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """And makes nothing in the state folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    assert "overnight home init" in visit("/house", owner({})).html
    assert "home" not in [each.name for each in tmp_path.rglob("*")]
