"""Curricula of a stranger that attack who opens them: nothing outside their folder is read, and the error says where it is."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from curricula import CHECK, write_curriculum
from targets import overnight

from overnight.errors import UserError
from overnight.tutor.form.folder import LARGEST
from overnight.tutor.form.places import curriculum_in

SECRET = "key of the user"
Attack = Callable[[Path], None]


def linked(name: str, target: str | Path) -> Attack:
    """A link in place of a file or folder."""

    def attack(folder: Path) -> None:
        path = folder / name
        path.rename(path.with_name("moved"))
        path.symlink_to(target)

    return attack


def written(name: str, content: str | bytes) -> Attack:
    """Another content of a file."""
    return lambda folder: void((folder / name).write_bytes(content if isinstance(content, bytes) else content.encode()))


def replaced(name: str, old: str, new: str) -> Attack:
    """A file with a text in place of another."""
    return lambda folder: void((folder / name).write_text((folder / name).read_text().replace(old, new)))


def piped(name: str) -> Attack:
    """A pipe, on which a reader waits for ever."""

    def attack(folder: Path) -> None:
        (folder / name).unlink()
        os.mkfifo(folder / name)

    return attack


def more(count: int) -> Attack:
    """So many misconceptions."""

    def attack(folder: Path) -> None:
        for number in range(count):
            (folder / f"double/misconceptions/b{number}.py").write_text('"""A belief."""\n')

    return attack


def void(_: object) -> None:
    """An attack answers nothing."""


BOMB = "title: &a [x, x]\nabout: [*a, *a]\nsteps: [double]\n"
DEEP = f"title: {'[' * 5000}{']' * 5000}\n"
LONG = "".join(f"k{number}: 1\n" for number in range(20_000))
ATTACKS: dict[str, tuple[Attack, str]] = {
    "a file links outside": (linked("data/ten.py", "../../secret"), "curriculum.yaml:3: files.ten.py: `data/ten.py` leads out"),
    "a folder of files links outside": (linked("data", "/etc"), "curriculum.yaml:3: files.ten.py: `data/ten.py` is missing"),
    "a step links outside": (linked("double", "../other"), "curriculum.yaml:5: steps[0]: `double` leads out of the curriculum"),
    "a text links outside": (linked("double/step.md", "../../secret"), "double/step.md: leads out of the curriculum; put"),
    "a program links outside": (linked("double/start.py", "../../secret"), "double/start.py: leads out of the curriculum"),
    "a misconception links outside": (
        linked("double/misconceptions/add.py", "../../../secret"),
        "misconceptions/add.py: leads out of the curriculum",
    ),
    "all misconceptions link outside": (linked("double/misconceptions", "../../other"), "misconceptions/a.py: leads out of"),
    "the head links outside": (linked("curriculum.yaml", "/dev/zero"), "curriculum.yaml: leads out of the curriculum"),
    "links lead to each other": (linked("double/check.py", "check.py"), "double/check.py: cannot be followed to a file"),
    "an absolute path": (
        replaced("curriculum.yaml", "data/ten.py", "/etc/passwd"),
        "curriculum.yaml:3: files.ten.py: is no path inside",
    ),
    "a path of a lab that leads out": (replaced("curriculum.yaml", "data/ten.py", "lab:../config.py"), ":3: files.ten.py: is"),
    "a pipe": (piped("double/check.py"), "double/check.py: is no regular file"),
    "a pipe beside the program": (piped("data/ten.py"), "curriculum.yaml:3: files.ten.py: `data/ten.py` is no regular file"),
    "a huge file": (written("double/solution.py", "#" * (LARGEST + 1)), "double/solution.py: has more than 262,144 bytes"),
    "a YAML bomb": (written("curriculum.yaml", BOMB), "curriculum.yaml:1: an unquoted `&` is a YAML anchor"),
    "deep YAML": (written("curriculum.yaml", DEEP), "curriculum.yaml:1: nested deeper than"),
    "long YAML": (written("curriculum.yaml", LONG), "curriculum.yaml: is larger than 64,000 characters"),
    "no UTF-8": (written("double/start.py", b"x = '\xff'"), "double/start.py: is not UTF-8"),
    "control characters": (replaced("double/step.md", "title: double", 'title: "\\e[2Jx"'), "has an invisible character"),
    "a name that clears the screen": (written("double/misconceptions/\x1b[2J.py", ""), "is no name of a misconception"),
    "a step that clears the screen": (replaced("curriculum.yaml", "[double", '["\\e[2J", double'), "is no name of a step"),
    "too many misconceptions": (more(60), "double/misconceptions: has more than 50 misconceptions"),
    "nested Python": (written("double/start.py", "x = " + "(" * 5000 + ")" * 5000), "double/start.py"),
    "Python of minus signs": (written("double/start.py", "x = " + "-" * 100_000 + "1"), "double/start.py"),
    "a deep target": (written("double/check.py", f"{CHECK}{'a.' * 900}a = 1\nEXPLAINS = {{0x{'f' * 9000}: 'b'}}\n"), "no text"),
    "a slow heading": (
        replaced("double/step.md", "## Idea", "##" + " " * 50_000 + "a" + " " * 50_000 + "b"),
        "step.md:15: the sections are not those of a step",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_has_a_clear_error(name: str, tmp_path: Path) -> None:
    """File, line where there is one, and what to do; no content of other files and no control character in it."""
    attack, said = ATTACKS[name]
    folder = write_curriculum(tmp_path)
    (tmp_path / "secret").write_text(SECRET)
    (tmp_path / "other").mkdir()
    for each in "abc":
        (tmp_path / "other" / f"{each}.py").write_text(f'"""{SECRET}"""\n')
    attack(folder)
    with pytest.raises(UserError) as caught:
        curriculum_in(folder)
    message = str(caught.value)
    assert said in message and "; " in message
    assert SECRET not in message and message.replace("\n", "").isprintable()


def test_a_link_inside_is_followed(tmp_path: Path) -> None:
    """An author may name a file twice."""
    folder = write_curriculum(tmp_path)
    linked("count/check.py", "../double/check.py")(folder)
    assert curriculum_in(folder).steps[1].check == CHECK


def test_the_command_line_says_it_in_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit code 2, no traceback, nothing begun; nor from a folder that is no folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    linked("double/check.py", "/dev/zero")(write_curriculum(tmp_path))
    (tmp_path / "loop").symlink_to("loop")
    for source in ("numbers", "/dev/zero", "loop", "none"):
        for command in (("start", "--from", source), ("test", source)):
            done = overnight(tmp_path, "learn", *command, check=2)
            assert len(done.stderr.splitlines()) == 1 and "Traceback" not in done.stderr
    assert "no curriculum is begun" in overnight(tmp_path, "learn", "status", check=2).stderr
