"""Skills: found in folders, used once the owner trusts them as they are."""

from pathlib import Path

import pytest
from claw_calls import call, call_as_owner
from claws import ClawUnderTest

from overnight.claw.record.record import ClawRecord
from overnight.claw.skills.shelf import Shelf, SkillState
from overnight.errors import UserError
from overnight.operations.permission import NotAllowed

WEATHER = """\
---
name: weather
description: Says what the weather is.
---
Run `sh $SKILL/scripts/w.sh PLACE`.
"""


def make_skill(claw: ClawUnderTest, name: str = "weather", text: str = WEATHER) -> Path:
    """A skill in its folder."""
    folder = claw.folder / "skills" / name
    (folder / "scripts").mkdir(parents=True)
    (folder / "SKILL.md").write_text(text, encoding="utf-8")
    (folder / "scripts/w.sh").write_text("echo sunny in $1\n", encoding="utf-8")
    return folder


def state_of(claw: ClawUnderTest, name: str = "weather") -> SkillState:
    """Whether it can be used."""
    return Shelf(claw.folder, claw.record).find(name).state


def trust(claw: ClawUnderTest, name: str = "weather") -> str:
    """The owner trusts what is there now."""
    return call_as_owner("trust", what="skill", name=name, digest=Shelf(claw.folder, claw.record).find(name).digest)


def test_a_trusted_skill_is_read_and_run(claw: ClawUnderTest) -> None:
    """It is listed with what it is for, read, and its script runs with the folder of the claw as its own."""
    make_skill(claw)
    assert call("skills") == "weather (new; not used)"
    with pytest.raises(UserError, match="weather` is new"):
        call("skill", name="weather")
    assert trust(claw).startswith("the skill weather is trusted")
    assert call("skills") == "weather: Says what the weather is."
    assert "Run `sh $SKILL" in call("skill", name="weather")
    said = call("script", skill="weather", command="sh $SKILL/scripts/w.sh Arosa; touch $SKILL/x; ls $SKILL")
    assert said.splitlines()[:2] == ["exit code 0", "sunny in Arosa"]
    assert "Read-only file system" in said and "x\n" not in said


def test_a_changed_skill_is_not_used(claw: ClawUnderTest) -> None:
    """What is not what the owner trusted is used no more, until they trust it as it is."""
    folder = make_skill(claw)
    (folder / "font").write_bytes(bytes(200_000))
    trust(claw)
    (folder / "scripts/w.sh").write_text("echo evil\n", encoding="utf-8")
    assert state_of(claw) is SkillState.CHANGED
    with pytest.raises(UserError, match="weather` is changed"):
        call("script", skill="weather", command="sh $SKILL/scripts/w.sh")
    shown = call_as_owner("skill", name="weather")
    assert "changed: font" not in shown and "changed: scripts/w.sh" in shown and "-echo sunny in $1\n+echo evil" in shown
    trust(claw)
    assert state_of(claw) is SkillState.TRUSTED


def test_the_owner_alone_trusts(claw: ClawUnderTest) -> None:
    """The claw cannot, and no approval lets it."""
    make_skill(claw)
    with pytest.raises(NotAllowed):
        call("trust", what="skill", name="weather", digest=Shelf(claw.folder, claw.record).find("weather").digest)


def test_trust_survives_a_restart(claw: ClawUnderTest) -> None:
    """It is in the record."""
    make_skill(claw)
    trust(claw)
    with ClawRecord(claw.folder) as record:
        assert Shelf(claw.folder, record).usable("weather").name == "weather"


def test_the_example_of_the_docs_works(claw: ClawUnderTest) -> None:
    """It is what those who write a skill begin with."""
    page = (Path(__file__).parents[2] / "docs/claw.md").read_text(encoding="utf-8")
    example = page[page.index("`skills/sizes/SKILL.md`:") :]
    main, script = (example.split(f"```{kind}\n")[1].split("```\n")[0] for kind in ("markdown", "sh"))
    make_skill(claw, "sizes", main)
    (claw.folder / "skills/sizes/scripts/sizes.sh").write_text(script, encoding="utf-8")
    trust(claw, "sizes")
    (claw.folder / "files/large").write_bytes(bytes(100))
    (claw.folder / "files/small").write_bytes(bytes(10))
    assert call("skills") == "sizes: Lists the largest files of the working folder. Use it when somebody asks what takes space."
    assert call("script", skill="sizes", command="sh $SKILL/scripts/sizes.sh 1") == "exit code 0\n100 large"
