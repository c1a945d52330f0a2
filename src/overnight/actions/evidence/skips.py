"""Marks by which a test is not run, or may fail, in the languages that have them. Pure."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

LINE = 120  # characters
LOOKED_AT = 400  # of a line: some patterns look through it more than once
_PYTHON = re.compile(
    r"@(?:\w+\.)*(?:skip\w*|xfail|expectedFailure)\b|\b(?:pytest|self|unittest)\.(?:skip|xfail|importorskip|skipTest)\("
    r"|\bSkipTest\b|\bpytestmark\b.*(?:skip|xfail)|__test__\s*=\s*False|pytest\.param\(.*marks=.*(?:skip|xfail)"
    r"|\b(?:os\._exit|sys\.exit|exit|quit)\(\s*0?\s*\)|\bcollect_ignore(?:_glob)?\b|pytest\.exit\("
    r"|def pytest_(?:collection_modifyitems|ignore_collect|runtest_\w+|pyfunc_call|sessionfinish|report_\w+|itemcollected)\b"
)
_SCRIPT = re.compile(
    r"\.(?:skip|only|todo|failing|skipIf|runIf)\b\s*[(.]|\b(?:xit|xdescribe|xtest|fit|fdescribe)\(|\bskip:\s*true|\btodo:\s*true"
    r"|process\.exit\(0?\)"
)
_GO = re.compile(r"\b[tb]\.Skip(?:f|Now)?\(|//go:build\s+ignore|os\.Exit\(0\)")
_RUST = re.compile(r"#\[ignore|#\[should_panic\]")
_JVM = re.compile(r"@(?:Disabled|Ignore)\b|assumeTrue\(false")
_RUBY = re.compile(r"^\s*(?:skip|pending|xit|xdescribe)\b")
_SHELL = re.compile(r"^\s*(?:exit 0|skip\b)|^\s*set \+e|\|\|\s*(?:true|:)\s*$|;\s*true\s*$")
_FORMS: Mapping[str, re.Pattern[str]] = {
    **dict.fromkeys(("py",), _PYTHON),
    **dict.fromkeys(("js", "mjs", "cjs", "ts", "mts", "jsx", "tsx"), _SCRIPT),
    "go": _GO,
    "rs": _RUST,
    **dict.fromkeys(("java", "kt", "scala"), _JVM),
    "rb": _RUBY,
    **dict.fromkeys(("sh", "bash", "bats"), _SHELL),
}


def new_skips(path: str, old: str, new: str) -> Sequence[str]:
    """Lines of the new version that skip something, more often than in the old one."""
    form = _FORMS.get(path.rpartition(".")[2].lower())
    if form is None:
        return ()
    before = Counter(line.strip() for line in old.splitlines() if form.search(line[:LOOKED_AT]))
    found = []
    for line in new.splitlines():
        if form.search(line[:LOOKED_AT]):
            if before[line.strip()]:
                before[line.strip()] -= 1
            else:
                found.append(line.strip()[:LINE])
    return found
