"""The shape of a proposal: the same change in another spelling is found; another number is another change."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.program.program import Direction, Metric, Program
from overnight.research.changes.canonical import canonical
from overnight.research.changes.scope import check_scope
from overnight.research.changes.similar import NEWEST, changes_no_code, meaning, rank, shape_of, terms_of, terms_of_shape

BASE = b'''"""A script."""
LR = 0.1

def step(x):
    for _ in range(3):
        x = x - LR * x
    return x
'''
LOSS = Metric(name="loss", direction=Direction.MINIMIZE)


def shape(after: bytes, *, path: str = "train.py", before: bytes = BASE, base: str = "head") -> str:
    return shape_of([FileChange(path=path, content=after)], {path: before}, base)


def same(a: bytes, b: bytes) -> bool:
    return meaning(shape(a)) == meaning(shape(b))


EDIT = BASE.replace(b"LR = 0.1", b"LR = 0.2")


@pytest.mark.parametrize(
    "other",
    [
        EDIT.replace(b"LR = 0.2", b"LR = 0.2  # bolder"),
        EDIT.replace(b"LR = 0.2", b"LR  =  0.20"),
        EDIT.replace(b"\n\ndef", b"\n\n\n# what a step does\n\ndef"),
        EDIT.replace(b"x - LR * x", b"(x - (LR * x))"),
        EDIT.replace(b"    x = x", b"    x = x").replace(b"    ", b"\t"),
        EDIT.replace(b"A script.", b"Another text."),
        EDIT.replace(b"\n", b"\r\n"),
    ],
)
def test_comments_layout_and_docstrings_make_no_other_change(other: bytes) -> None:
    """Python that parses to the same is the same change."""
    assert same(EDIT, other)


@pytest.mark.parametrize(
    "other",
    [
        BASE.replace(b"LR = 0.1", b"LR = 0.3"),
        EDIT.replace(b"    return x", b"        return x"),
        EDIT.replace(b"x - LR * x", b"x - x * LR"),
        EDIT + b"step(1)\n",
        b"not python (",
    ],
)
def test_another_number_place_or_order_is_another_change(other: bytes) -> None:
    """A change that could behave differently is measured."""
    assert not same(EDIT, other)


def test_the_same_change_of_another_base_is_another_change() -> None:
    """The head has moved, so it may be worth a trial again; its words stay the same."""
    assert meaning(shape(EDIT)) != meaning(shape(EDIT, base="later head"))
    assert terms_of_shape(shape(EDIT)) == terms_of_shape(shape(EDIT, base="later head"))


def test_a_further_file_in_which_nothing_runs_differently_does_not_count() -> None:
    """A comment elsewhere does not make a change new; neither does the order of the files."""
    one, two = FileChange(path="train.py", content=EDIT), FileChange(path="other.py", content=b"x = 1  # one\n")
    before = {"train.py": BASE, "other.py": b"x = 1\n"}
    assert meaning(shape_of([two, one], before, "head")) == meaning(shape_of([one], before, "head"))
    gone = FileChange(path="other.py", content=None)
    assert meaning(shape_of([gone, one], before, "head")) != meaning(shape_of([one], before, "head"))


@pytest.mark.parametrize(
    ("path", "one", "two", "equal"),
    [
        ("a.toml", b"lr = 1\n# x\n[b]\nc = 2", b"lr   = 1\n[b]\nc=2", True),
        ("a.json", b'{"a": [1, 2]}', b'{\n "a": [1,\n 2]\n}', True),
        ("a.json", b'{"a": 1}', b'{"a": 2}', False),
        ("a.yaml", b"a: 1\n# said\nb:\n  c: 2\n", b"a: 1\n\nb:\n  c: 2   \n", True),
        ("a.yaml", b"a:\n  b: 1\n", b"a:\nb: 1\n", False),
        ("a.yaml", b"prompt: |\n  # Title\n  x\n", b"prompt: |\n  x\n", False),
        ("a.c", b"int x = 1; // one\n", b"int x = 1; // two\n", False),
        ("a.c", b"// one\nint x = 1;\n", b"\n  int x = 1;\n", True),
        ("a.txt", b"a\n\nb\n", b"a\nb\n", False),
        ("a.py", b"print(__doc__)\n", b'"""x"""\nprint(__doc__)\n', False),
        ("a.py", b"x = (", b"x = ( ", True),
    ],
)
def test_each_kind_of_file_has_its_own_layout(path: str, one: bytes, two: bytes, equal: bool) -> None:
    """Which comments and spaces have no meaning depends on the file type; in doubt two texts differ."""
    assert (canonical(path, one) == canonical(path, two)) is equal


@given(st.binary(max_size=200), st.sampled_from(["a.py", "a.toml", "a.json", "a.yaml", "a.rs", "a.sh", "a"]))
def test_any_bytes_have_a_form(content: bytes, path: str) -> None:
    """Candidates may write anything: never an error, and the same bytes have the same form."""
    assert canonical(path, content) == canonical(path, bytes(content))


@pytest.mark.parametrize(
    "hostile", [b"(" * 50_000, b"x = " + b"-" * 50_000 + b"1", b"a" + b".a" * 50_000, b"\0", b"[" * 50_000]
)
def test_hostile_nesting_is_compared_as_text(hostile: bytes) -> None:
    """A parser that gives up is not an error."""
    for path in ("a.py", "a.json", "a.toml"):
        assert canonical(path, hostile) == canonical(path, hostile)


SOURCES = st.sampled_from(
    ["x = 1", "y = [1, 2]", "if x:\n    y = 2", "def f(a):\n    return a", "f(x)", "# a note", "", "'text'"]
)


@given(st.lists(SOURCES, max_size=6), st.lists(SOURCES, max_size=6))
def test_python_with_one_form_has_one_syntax_tree(one: list[str], two: list[str]) -> None:
    """Two texts that count as the same have the same syntax tree, except for strings on their own."""
    texts = ["\n".join(lines) for lines in (one, two)]
    if canonical("a.py", texts[0].encode()) == canonical("a.py", texts[1].encode()):
        trees = [[ast.dump(node) for node in ast.parse(text).body if ast.unparse(node) != "'text'"] for text in texts]
        assert trees[0] == trees[1]


def test_a_proposal_that_changes_no_code_is_refused() -> None:
    """Only comments: refused without a trial, unless the metric may be about the text itself."""
    program = Program(path="program.md", metric=LOSS, measure="python train.py", editable=("train.py",))
    changes = [FileChange(path="train.py", content=BASE + b"# a note\n")]
    found = check_scope(changes, before={"train.py": BASE}, executable={"train.py": False}, program=program)
    assert found == ("it changes no code: only comments, blank lines or layout differ",)
    assert not changes_no_code(changes, {"train.py": BASE}, Metric(name="source_bytes", direction=Direction.MINIMIZE))
    assert not changes_no_code([FileChange(path="new.py", content=b"# a note\n")], {}, LOSS)


def test_like_attempts_share_words() -> None:
    """An idea finds attempts that share words with it, in the hypothesis or the changed lines; common words do not count."""
    idea = set(terms_of("Try weight decay on the value embeddings"))
    assert len(idea & set(terms_of("Add weight_decay of 0.1 to value embeddings"))) == 4
    changed = shape(BASE.replace(b"LR * x", b"LR * x - weight_decay * x"))
    assert idea & set(terms_of_shape(changed)) == set(terms_of("weight decay"))
    assert terms_of("let's try to change it") == ()


def test_the_likest_come_first_and_the_unlike_not_at_all() -> None:
    """Rare words weigh more than frequent ones; of equals the newest is first."""
    everywhere = list(range(100, 100 - NEWEST, -1))
    assert rank({1: [7, 3], 2: everywhere}) == [7, 3]
    assert rank({1: [7, 3], 2: [9, 3]})[0] == 3
    assert rank({}) == [] and rank({1: [], 2: []}) == []


@given(st.text(max_size=200))
def test_any_text_may_be_a_shape(text: str) -> None:
    """An event of another version has another one."""
    assert all(0 <= term < 2**32 for term in terms_of_shape(text))
