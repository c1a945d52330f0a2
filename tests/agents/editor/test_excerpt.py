"""What of large files a model is shown."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.editor.excerpt import CHARACTERS_PER_TOKEN, show_files

FUNCTION = "def {name}(x):\n    # about {name}\n    return x + {n}\n"
NAMES = [f"step_{n:03}" for n in range(200)]
LARGE = "import math\n\n" + "\n".join(FUNCTION.format(name=name, n=n) for n, name in enumerate(NAMES))


def test_what_fits_is_shown_whole() -> None:
    """Each file stands under its name, in a fence that nothing in it can end."""
    shown = show_files({"a.py": "x = 1\n", "b.md": "```\ncode\n```\n"}, "", 100)
    assert shown == "a.py\n```\nx = 1\n```\n\nb.md\n````\n```\ncode\n```\n````"


def test_what_the_brief_speaks_of_is_shown() -> None:
    """The function that the idea names, a line that an earlier change touched, and a loop in a loop are not left out."""
    hot = "def hot(xs):\n    for x in xs:\n        for y in xs:\n            burn(x, y)\n"
    brief = 'Idea: "make step_077 cheaper".\n\n    -    return x + 121\n    +    return x + 122\n'
    shown = show_files({"a.py": f"{LARGE}\n{hot}"}, brief, 600)
    assert "    # about step_077\n" in shown
    assert "    return x + 121\n" in shown
    assert "            burn(x, y)\n" in shown
    assert "    # about step_150\n" not in shown


def test_gaps_are_said_with_their_lines() -> None:
    """The notes name just the lines that are not there."""
    lines = LARGE.split("\n")
    shown = show_files({"a.py": LARGE}, "step_077", 600).split("\n")[2:-1]
    at = 1
    for line in shown:
        if line.startswith("[... lines "):
            first, last = (int(word) for word in line.split() if word.isdigit())
            assert first == at
            at = last + 1
        else:
            assert lines[at - 1] == line
            at += 1
    assert at > len(lines) - 1


def test_files_without_room_are_named() -> None:
    """A model is told which files it does not see."""
    shown = show_files({"a.py": LARGE, "z.py": "y" * 5000}, "step_001", 100)
    assert shown.endswith("Not shown for lack of room: z.py")


TEXT = st.text(alphabet=st.sampled_from("ab \n\n#for:x=1"), max_size=3000)


@given(st.dictionaries(st.sampled_from(["a.py", "b.c", "c"]), TEXT, min_size=1), TEXT, st.integers(1, 400))
def test_it_keeps_the_limit(texts: dict[str, str], brief: str, limit: int) -> None:
    """Whatever the files are, about as many tokens are used as allowed."""
    names = sum(len(path) + 200 for path in texts)
    assert len(show_files(texts, brief, limit)) <= limit * CHARACTERS_PER_TOKEN + names + 100


def test_files_of_many_small_parts_are_shown_in_larger_ones() -> None:
    """Tens of thousands of paragraphs, which another one may have written, do not hold up a campaign."""
    texts = {f"f{at}.py": "a\n\n" * 3000 + f"wanted{at} = 1\n" for at in range(10)}
    shown = show_files(texts, "wanted7", 2000)
    assert "wanted7 = 1" in shown and "wanted3" not in shown
    assert len(shown) < 12_000
