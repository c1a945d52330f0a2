"""`docs/json.md` describes what `--json` prints: it is up to date, has every command, and matches real output."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import click
import pytest
from targets import make_repo, overnight, program

from overnight.cli.command_of import OperationGroup
from overnight.cli.json_page import SHAPES, render
from overnight.cli.main import app
from overnight.program.front_matter import Value

FIRST, SECOND = ("OFFSET = 5.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 9.0")
TUNER = "  - {role: tuner, use: tuner}\nholdout: python train.py {seed}\nguards: [wall_s <= 9]"


def fits(value: Any, form: Any) -> bool:  # Any: JSON, and a type or a form of one
    """Whether a JSON value has exactly the fields of a type, in order, down to its leaves."""
    origin, inner = get_origin(form), get_args(form)
    if form == Value:
        return isinstance(value, str | int | float | bool | list | dict)
    if origin is Annotated:
        return fits(value, inner[0])
    if origin in {Union, UnionType}:
        return any(fits(value, each) for each in inner)
    if origin is Literal:
        return value in inner
    if origin in {tuple, list, Sequence}:
        return isinstance(value, list) and all(fits(each, inner[0]) for each in value)
    if origin is Mapping:
        return isinstance(value, dict) and all(fits(each, inner[1]) for each in value.values())
    if is_dataclass(form):
        types = {field.name: field.type for field in fields(form)}
        return isinstance(value, dict) and list(value) == list(types) and all(fits(value[n], types[n]) for n in types)
    if issubclass(form, Enum):
        return value in [member.value for member in form]
    plain: Any = {Path: str, float: int | float}.get(form, form)  # Any: a class or a union of some
    return isinstance(value, plain) and (form is bool or not isinstance(value, bool))


@pytest.fixture(scope="module")
def repo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A campaign with a keep, a discard, an audit and an idea."""
    made = make_repo(tmp_path_factory.mktemp("json") / "r", program(FIRST, SECOND, front=TUNER), noise=0.3)  # far from 20 sd
    overnight(made, "run", "--tag", "t", "--experiments", "2", "--no-report", check=0)
    overnight(made, "audit", "--pairs", "4", "--no-report", "--json")
    overnight(made, "idea", "add", "clip the gradient (bold)", check=0)
    return made


@pytest.mark.parametrize(
    ("shape", "arguments"),
    [
        ("ps", "ps"),
        ("status", "status"),
        ("log", "log"),
        ("show N", "show 1"),
        ("show N", "show 2 --log"),
        ("compare A B", "compare t t"),
        ("audit", "audit --pairs 4 --no-report"),
        ("report", "report"),
        ("verify", "verify"),
        ("verify --receipt COMMIT", "verify --receipt autoresearch/t"),
        ("verify --rerun N", "verify --rerun 1 --pairs 2"),
        ("check", "check"),
        ("finalize", "finalize"),
        ("idea list", "idea list"),
        ("agents", "agents"),
        ("agents test", "agents test tuner"),
        ("labs", "labs"),
        ("secret list", "secret list"),
        ("doctor", "doctor"),
    ],
)
def test_a_command_prints_exactly_the_fields_of_its_page(repo: Path, shape: str, arguments: str) -> None:
    """All of them, in this order, and no others, at any depth."""
    done = overnight(repo, *arguments.split(), "--json")
    assert done.stdout, done.stderr
    found = json.loads(done.stdout)
    assert found and fits(found, SHAPES[shape])


def test_init_prints_exactly_the_fields_of_its_page(tmp_path: Path) -> None:
    """Without writing anything."""
    repo = make_repo(tmp_path / "r", "", files={"train.py": 'print(f"val_bpb: {1.0:.6f}")\n'})
    assert fits(json.loads(overnight(repo, "init", "--json", check=0).stdout), SHAPES["init"])


def test_notify_prints_exactly_the_fields_of_its_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one channel, which accepts the message."""
    (tmp_path / "settings.toml").write_text("[notify.channels.desk]\nuse = 'command'\ncommand = ['true']\n")
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "settings.toml"))
    found = json.loads(overnight(tmp_path, "notify", "test", "--json", check=0).stdout)
    assert found["channels"] and fits(found, SHAPES["notify test"])


def test_what_is_missing_or_added_does_not_fit(repo: Path) -> None:
    """A check of the check: the tests above could fail."""
    found = json.loads(overnight(repo, "log", "--json", check=0).stdout)
    first = found["experiments"][0]
    assert fits(found, SHAPES["log"])
    for other in (first | {"more": 1}, {name: first[name] for name in list(first)[1:]}, first | {"number": "1"}):
        assert not fits(found | {"experiments": [other]}, SHAPES["log"])


def with_json(name: str, command: click.Command, context: click.Context) -> list[str]:
    """The commands that take `--json`, this one and those below it."""
    if isinstance(command, OperationGroup):
        command.complete()
    found = [name] if any(parameter.name == "as_json" for parameter in command.params) else []
    if isinstance(command, click.Group):
        for each in command.list_commands(context):
            if below := command.get_command(context, each):
                found += with_json(f"{name} {each}".strip(), below, context)
    return found


def test_every_command_with_json_has_a_section() -> None:
    """No other command has one."""
    with click.Context(app) as context:
        commands = with_json("", app, context)
    described = {" ".join(word for word in name.partition(" --")[0].split() if not word.isupper()) for name in SHAPES}
    assert described == set(commands) and len(commands) > 10


def test_the_page_is_up_to_date() -> None:
    """docs/json.md matches the records; `python -m overnight.cli.json_page > docs/json.md` fixes it."""
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text()
    assert page == render()
    assert "| `head_value` | number or null | mean of the newest trials of the head" in page


def test_each_heading_of_the_page_is_there_once() -> None:
    """So that a link leads to the record that it means: no two that are printed have the same name."""
    headings = [line for line in render().splitlines() if line.startswith("#")]
    assert sorted(set(headings)) == sorted(headings)
