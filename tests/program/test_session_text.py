"""Sessions of other tools, as people write them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.program.detection.session_scope import session_scope
from overnight.program.detection.session_text import primary_metric
from overnight.program.program import Direction
from overnight.program.scope import matches

LESS, MORE = Direction.MINIMIZE, Direction.MAXIMIZE
FILES = (
    *("bench.py", "pkg/__init__.py", "pkg/model.py", "pkg/a.py", "pkg/b.py", "pkg/extra.py", "pkg/other/y.py", "pkg/sub/x.py"),
    *("pkg/sub/y.py", "top.py", "program.md", "src/layout.js", "src/gen/one.rs", "src/gen/two.rs", "src/main.rs"),
    "tests/test_a.py",
)


@pytest.mark.parametrize(
    ("text", "name", "direction"),
    [
        ("- **Primary**: test_µs (µs, lower is better)", "test_µs", LESS),
        ("- **Primary**: `total` (ms, lower is better)", "total", LESS),
        ("**Primary:** `rps`, higher is better", "rps", MORE),
        ("Primary: rps (higher is better)", "rps", MORE),
        ("Primary metric: `rps` — larger is better", "rps", MORE),
        ("* Primary metric — `x_ns`, minimize it", "x_ns", LESS),
        (
            "| Kind | Name | Way |\n|---|---|---|\n| Primary | `rps` | higher |\n| Secondary | `rss` | lower |",
            "rps",
            MORE,
        ),
        ("| **Primary** | rps | higher is better |", "rps", MORE),
        ("| `rps` (primary) | req/s | higher |", "rps", MORE),
        ("## Primary metric\n\n`rps` (higher is better)\n", "rps", MORE),
        ("## Primary metric\n- name: `rps`\n- direction: maximize\n- **Secondary**: `rss`, lower is better", "rps", MORE),
        ("The primary goal is to reduce `total_bytes`.", "total_bytes", LESS),
        ("**Metric**: `speed` (↑)", "speed", MORE),
        ("Primary: `x`", "x", None),
    ],
)
def test_the_primary_metric_is_read_as_people_write_it(text: str, name: str, direction: Direction | None) -> None:
    """With the colon inside of the stars or behind, in a table, in a sentence, below a heading."""
    assert primary_metric(f"# Autoresearch: proxy\n## Notes\nsome text\n{text}\n") == (name, direction)


@pytest.mark.parametrize("text", ["", "# Goal\nMake it fast", "Secondary: `rss`", "Primary: (none)"])
def test_no_metric_is_invented(text: str) -> None:
    """A text without a primary metric says nothing."""
    assert primary_metric(text) is None


def scope(text: str) -> list[str]:
    """The globs that are proposed."""
    return list(session_scope(text, FILES, "prompt.md").editable)


@pytest.mark.parametrize(
    "heading",
    [
        "## Files in Scope", "### Scope", "## Editable files", "## What you may edit",
        "## Files you can modify", "**Files in scope**",
        "**In scope:**", "Files in scope:", "## Files to optimize", "## You may change", "## Allowed changes",
    ],
)  # fmt: skip
def test_the_section_is_known_by_many_headings(heading: str) -> None:
    """Headings, bold lines and labels; the next section is none of it."""
    assert scope(f"# T\nRun `bench.py`.\n{heading}\n- `pkg/model.py` — the model\n\n## Notes\n- `top.py`\n") == ["pkg/model.py"]


@pytest.mark.parametrize(
    ("text", "globs"),
    [
        ("- `pkg/model.py`, `pkg/a.py` and `pkg/b.py`", "pkg/model.py pkg/a.py pkg/b.py"),
        ("- `pkg/{a,b}.py`", "pkg/a.py pkg/b.py"),
        ("- `pkg/a.py, pkg/b.py`", "pkg/a.py pkg/b.py"),
        ("In `pkg/`: `a.py`, `b.py`", "pkg/a.py pkg/b.py"),
        ("All files live in `pkg/`:\n- `a.py`\n- `sub/x.py`: the rest", "pkg/a.py pkg/sub/x.py"),
        ("- in `pkg/`:\n  - `a.py`\n  - `b.py`\n- `top.py`", "pkg/a.py pkg/b.py top.py"),
        ("`a.py` and `b.py` in `pkg/`", "pkg/a.py pkg/b.py"),
        ("### `pkg/`\n- `a.py`\n- `b.py`", "pkg/a.py pkg/b.py"),
        ("- `pkg/`: the whole package", "pkg/"),
        ("- `pkg/sub` and `./top.py`", "pkg/sub/ top.py"),
        ("| File | What |\n|---|---|\n| `pkg/a.py` | kernel |\n| pkg/b.py | cache |", "pkg/a.py pkg/b.py"),
        ("- pkg/a.py: the kernel\n- pkg/b.py", "pkg/a.py pkg/b.py"),
        ("1. **`pkg/a.py`** (lines 1-20)\n2. [`b.py`](pkg/b.py)", "pkg/a.py pkg/b.py"),
        ("- `pkg/a.py:12-40`, `pkg/b.py#L3`", "pkg/a.py pkg/b.py"),
        ("- `layout.js`", "src/layout.js"),
        ("- `src/**/*.rs`", "src/**/*.rs"),
        ("```\npkg/a.py\npkg/b.py\n```", "pkg/a.py pkg/b.py"),
        ("### Core\n- `pkg/a.py`\n### Off limits\n- `pkg/b.py`\n### More\n- `top.py`", "pkg/a.py"),
        ("- `pkg/a.py`\n- do not touch `pkg/b.py`", "pkg/a.py"),
        ("- `pkg/a.py`\n\n**Off limits:** `top.py`, `pkg/b.py`", "pkg/a.py"),
        ("- `pkg/a.py`\n\nOff limits:\n- `top.py`\n- `pkg/b.py`\n", "pkg/a.py"),
        ("- `pkg/` except `pkg/sub/`", "pkg/__init__.py pkg/a.py pkg/b.py pkg/extra.py pkg/model.py pkg/other/"),
        ("- **Off limits:** `pkg/b.py`\n- `pkg/a.py`", "pkg/a.py"),
        ("- `pkg/sub/`, `top.py`", "pkg/sub/ top.py"),
        ("- `tests/` — add coverage; never weaken.\n- `top.py`", "tests/ top.py"),
    ],
)
def test_every_path_is_read_and_resolved(text: str, globs: str) -> None:
    """Several a line, braces, tables, names below a folder named above or in the sentence; never what is off limits."""
    assert scope(f"# T\n## Files in Scope\n{text}\n## Notes\n`bench.py`\n") == globs.split()


def test_sections_that_are_off_limits_take_from_a_folder_in_scope() -> None:
    """Also if they come later; the note says so."""
    text = "## Scope\n`src/`\n## Off Limits\n- `src/gen/two.rs`\n- `bench.py`\n"
    found = session_scope(text, FILES, "prompt.md")
    assert found.editable == ["src/gen/one.rs", "src/layout.js", "src/main.rs"]
    assert found.notes == ["prompt.md: `src/` is proposed without `src/gen/two.rs`, off limits there"]


def test_names_that_look_like_patterns_are_names() -> None:
    """A committed `[id].js` is proposed so that the glob matches it; a name that cannot be shown is never proposed."""
    files = ["app/[id].js", "app/[b]/c.js", "app/x.js", "app/i.js", "app/y\u202e.js"]
    text = "# T\n## Scope\n`app/[id].js`, `app/[b]/`\n"
    globs = session_scope(text, files, "p").editable
    assert [path for path in files if matches(path, globs)] == ["app/[id].js", "app/[b]/c.js"]
    assert session_scope(f"{text}`app/`\n## Off limits\n`app/x.js`", files, "p").editable[2:] == ["app/i.js"]


def test_what_is_left_out_is_said_with_its_reason() -> None:
    """Names of no committed file, of several, outside the repository, and what covers the program itself."""
    text = "## Scope\n`pkg/a.py`, `gone.py`, `y.py`, `../up.py`, `**`, `LEARNING_RATE`\n- lib/none.rs\n"
    found = session_scope(text, FILES, "prompt.md")
    assert found.editable == ["pkg/a.py"]
    assert found.notes == [
        "prompt.md: left out of `editable`: `gone.py` (no committed file), `y.py` (which of pkg/other/y.py, pkg/sub/y.py), "
        "`../up.py` (outside the repository), `**` (it covers program.md), `LEARNING_RATE` (no committed file), "
        "`lib/none.rs` (no committed file)"
    ]


WORDS = st.sampled_from(
    ["## Scope", "## Off limits", "Do not touch:", "`", "**", "`pkg/`:", "in `pkg/`", "`{a,b}.py`", "- ", "|", "primary",
     "\n", " ", "{,}", "../", "a.py"]
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(WORDS | st.text(max_size=5), max_size=30).map("".join))
def test_any_text_gives_globs_that_match(text: str) -> None:
    """Every glob is one of committed files, and every note is fit to show."""
    found = session_scope(text, FILES, "p")
    assert all(any(path.startswith(glob.rstrip("/").partition("*")[0]) for path in FILES) for glob in found.editable)
    assert all(note.isprintable() for note in found.notes)
    primary_metric(text)
