"""By which names a benchmark calls the project, and by which the packages that it is compared with."""

from overnight.program.detection.names import foreign_names, own_names
from overnight.program.detection.python_text import run_by_pytest

BLANK = "\n" * 900_000


def test_names_behind_many_blank_lines_are_found() -> None:
    """In a time that grows with the length of a text: no pattern begins again at each blank line."""
    assert "fastlib" in own_names("x", {"Cargo.toml": f'{BLANK}name = "fastlib"\n'})
    assert "slowlib" in foreign_names({}, [f"{BLANK}import slowlib\n"], ())
    assert run_by_pytest(f"{BLANK}    def test_a(): pass\n")
