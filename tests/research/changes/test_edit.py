"""What a proposal changed, as the record keeps it: small diffs whole, large ones counted, all of it bounded and printable."""

from collections.abc import Sequence

import pytest
from builders import change
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.research.changes.edit import LINE, MOST_LINES, edit_of
from overnight.research.experiment import Edit

FILE = b"import math\n\nRATE = 0.1\nSTEPS = 10\n\n\ndef train():\n    return RATE\n"


def edited(new: bytes | None, old: bytes = FILE, path: str = "train.py") -> Edit:
    return edit_of([change(path, new)], {path: old})


def test_a_small_diff_is_kept_with_its_place() -> None:
    """File and line, what is gone and what came; two places of one file, and a second file, follow."""
    new = FILE.replace(b"0.1", b"0.3").replace(b"return RATE", b"return RATE * math.pi")
    edit = edit_of([change("train.py", new), change("new.py", b"x = 1\n")], {"train.py": FILE})
    assert (edit.files, edit.added, edit.removed) == (2, 3, 2)
    assert edit.lines == (
        "new.py:1",
        "+x = 1",
        "train.py:3",
        "-RATE = 0.1",
        "+RATE = 0.3",
        "train.py:8",
        "-    return RATE",
        "+    return RATE * math.pi",
    )


def test_added_and_removed_lines_are_told_from_changed_ones() -> None:
    """Only what differs is in it."""
    assert edited(FILE.replace(b"STEPS = 10\n", b"STEPS = 10\nCLIP = 1\n")).lines == ("train.py:5", "+CLIP = 1")
    assert edited(FILE.replace(b"STEPS = 10\n", b"")).lines == ("train.py:4", "-STEPS = 10")


def test_of_a_large_diff_only_the_size_is_kept() -> None:
    """Also if a removed file is large."""
    edit = edited(FILE + b"".join(b"x%d = 1\n" % n for n in range(40)))
    assert edit.lines == () and (edit.files, edit.added, edit.removed) == (1, 40, 0)
    gone = edited(None, b"line\n" * 500)
    assert gone.lines == () and gone.removed > 400


def test_the_same_lines_on_another_base_have_the_same_digest() -> None:
    """Other lines, the same ones in another file, and another order have another."""
    longer = b"# more above\n\n" + FILE
    new = FILE.replace(b"0.1", b"0.3")
    assert edited(new).digest == edited(b"# more above\n\n" + new, longer).digest != ""
    others: Sequence[Edit] = (
        edited(FILE.replace(b"0.1", b"0.4")),
        edited(new, path="other.py"),
        edited(b"".join(reversed(FILE.splitlines(keepends=True)))),
    )
    assert len({edited(new).digest, *(other.digest for other in others)}) == 4


def test_hostile_lines_are_bounded_and_printable() -> None:
    """Escapes, huge lines, bytes that are no text, and names of files."""
    edit = edited(b"\x1b[2J\x00" + b"a" * 10_000 + b"\n\xff\xfe\n", b"", "a\n## To end\x1b.py")
    assert all(len(line) <= LINE + 1 and line.isprintable() for line in edit.lines)
    assert edit.lines[0].startswith("a\\n## To end\\x1b.py:1")


def test_nothing_changed_is_no_edit() -> None:
    """No files, no lines, no digest."""
    assert edited(FILE) == Edit()


@pytest.mark.parametrize("old", [b"a\n" * 100_000, b"a\nb\n" * 50_000, b"\n".join(b"%d" % n for n in range(100_000))])
def test_repetitive_files_of_any_length_are_read(old: bytes) -> None:
    """A small diff in them is found, and a whole new order is only counted."""
    assert edited(b"new\n" + old, old).added == 1
    assert edited(b"\n".join(reversed(old.split(b"\n"))), old).files == 1


def test_of_many_large_files_only_the_first_are_read() -> None:
    """A proposal that is far too large is rejected; what is recorded of it costs no more than of a large one."""
    huge = [change(f"{n:03}.py", b"x\n" * 500_000) for n in range(200)]
    edit = edit_of(huge, {})
    assert edit.lines == () and edit.files == 100 and edit.added == 4 * 500_000


LINES = st.lists(st.sampled_from([b"a", b"b", b"c", b"", b"    d"]), max_size=30)


@given(old=LINES, new=LINES)
@settings(max_examples=scaled(300))
def test_a_small_diff_makes_the_new_file_of_the_old_one(old: list[bytes], new: list[bytes]) -> None:
    """Applied at the lines that it names, it gives exactly what was proposed."""
    before, after = (b"".join(line + b"\n" for line in lines) for lines in (old, new))
    edit = edit_of([FileChange(path="f", content=after)], {"f": before})
    if not edit.lines:
        assert old == new or len(old) + len(new) > MOST_LINES
        return
    lines = list(old)
    shift = at = 0
    for line in edit.lines:
        if line.startswith("f:"):
            at = int(line[2:]) - 1 + shift
        elif line.startswith("-"):
            assert lines.pop(at) == line[1:].encode()
            shift -= 1
        else:
            lines.insert(at, line[1:].encode())
            at, shift = at + 1, shift + 1
    assert lines == new
