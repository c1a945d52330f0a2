"""Shell text is read as a shell reads it, as far as it says which programs run."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.judge.shell import MOST_COMMANDS, simple_commands


@pytest.mark.parametrize(
    ("text", "commands"),
    [
        ("python a.py", [["python", "a.py"]]),
        ("a; b && c || d | e & f\ng", [["a"], ["b"], ["c"], ["d"], ["e"], ["f"], ["g"]]),
        ("python 'my file.py' \"other file.py\" third\\ file.py", [["python", "my file.py", "other file.py", "third file.py"]]),
        ("a # python b.py\nc#d", [["a"], ["c#d"]]),
        ("a \\\n  b", [["a", "b"]]),
        ("cat <<EOF > x\npython a.py\nEOF\nb", [["cat"], ["b"]]),
        ("cat <<-'E O F'\npython a.py\n\tE O F\nb", [["cat"], ["b"]]),
        ("a <<X\nnever ends\nb", [["a"]]),
        ("a <<< 'text' b", [["a", "b"]]),
        ("a 2>&1 >log <in b", [["a", "b"]]),
        ("a 2> err 1>&2 &> all c", [["a", "c"]]),
        ('bash "$(dirname "$0")/b.sh"', [["dirname", "$0"], ["bash", "$()/b.sh"]]),
        ("x=`pwd`/a.py", [["pwd"], ["x=$()/a.py"]]),
        ("diff <(a 1) >(b 2)", [["a", "1"], ["b", "2"], ["diff", "$()", "$()"]]),
        ("(cd x && make) ; f() { python a.py; }", [["cd", "x"], ["make"], ["f"], ["{", "python", "a.py"], ["}"]]),
        ("${PY:-python3} a.py", [["${PY:-python3}", "a.py"]]),
        ("a 'never ends", [["a", "never ends"]]),
        ('a "never ends $(b', [["b"], ["a", "never ends $()"]]),
        ("a $((1 + 2)) b", [["1", "+", "2"], ["a", "$()", "b"]]),
        ("printf $'a\\tb'", [["printf", "a\\tb"]]),
        ("", []),
    ],
)
def test_simple_commands(text: str, commands: list[list[str]]) -> None:
    """Separators, quotes, comments, here-documents, redirections and substitutions."""
    assert [list(command) for command in simple_commands(text)] == commands


@given(st.text(alphabet="ab '\"\\$`#;&|()<>{}\n=/E", max_size=60))
def test_any_text_can_be_read(text: str) -> None:
    """Nothing raises or hangs, and no command is without words."""
    assert all(simple_commands(text))


@pytest.mark.parametrize(
    "text", ["$(" * 100_000, "`" * 100_000, '"' * 99_999, "a;" * 500_000, "<<A\n" * 50_000, "'\"\\" * 200_000]
)
def test_a_hostile_text_is_read_within_bounds(text: str) -> None:
    """A megabyte of nested substitutions, quotes or here-documents ends."""
    assert len(simple_commands(text)) <= MOST_COMMANDS
