"""The project's own tests become checks."""

import pytest

from overnight.program.detection.checks import tests_of as found

GO_TEST = "package a\n\nfunc TestA(t *testing.T) {}\n"


@pytest.mark.parametrize(
    ("texts", "command"),
    [
        ({"tests/test_a.py": "", "Makefile": "test:\n\ttrue\n"}, "python -m pytest -q"),
        ({"pkg/tests/deep/test_a.py": ""}, "python -m pytest -q"),
        ({"testing/test_a.py": ""}, "python -m pytest -q"),
        ({"testing/a_test.py": ""}, "python -m pytest -q"),
        ({"package.json": '{"scripts": {"test": "node test.js"}}'}, "npm test --silent"),
        ({"package.json": '{"scripts": {"test": "echo \\"Error: no test specified\\" && exit 1"}}'}, None),
        ({"package.json": "{"}, None),
        ({"go.mod": "", "a_test.go": GO_TEST}, "go test ./..."),
        ({"a_test.go": GO_TEST}, None),
        ({"go.mod": "", "a_test.go": "func BenchmarkA("}, None),
        ({"Cargo.toml": "", "tests/all.rs": ""}, "cargo test --quiet"),
        ({"Makefile": "all:\n\ncheck: all\n\t./t\n"}, "make -s check"),
        ({"Makefile": "test := 3\n"}, None),
        ({"latest.py": ""}, None),
        ({"Makefile": "unit: unit.c\n\tcc -o unit unit.c\n"}, "make -s unit && ./unit"),
        ({"Makefile": "unit: unit.c\n\tcc -o unit unit.c && ./unit\n"}, "make -s unit && ./unit"),
        ({"tests/a_test.py": ""}, "python -m pytest -q"),
        ({"Makefile": "tests:\n\t./t\n"}, "make -s tests"),
        ({"tests.py": "if __name__ == '__main__': unittest.main()"}, "python tests.py"),
        ({"test.js": "", "package.json": "{}"}, "node test.js"),
        ({"test.js": ""}, None),
    ],
)
def test_a_project_s_tests_are_found(texts: dict[str, str], command: str | None) -> None:
    """By the customs of its language, the clearest first."""
    assert found(texts, texts) == command
