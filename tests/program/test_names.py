"""By which names a benchmark calls the project, and by which the packages that it is compared with."""

import warnings

from overnight.program.detection.names import foreign_names, own_names
from overnight.program.detection.python_text import acts, only_defines, run_by_pytest

BLANK = "\n" * 900_000


def test_names_behind_many_blank_lines_are_found() -> None:
    """In a time that grows with the length of a text: no pattern begins again at each blank line."""
    assert "fastlib" in own_names("x", {"Cargo.toml": f'{BLANK}name = "fastlib"\n'})
    assert "slowlib" in foreign_names({}, [f"{BLANK}import slowlib\n"], ())
    assert run_by_pytest(f"{BLANK}    def test_a(): pass\n")


def test_a_script_with_doubtful_escapes_is_read_without_a_warning() -> None:
    """Python's own would stand on the terminal, with the character as it is."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert acts("print('\\\x1b')\n") and not only_defines("print('\\d')\n")
    assert not said
