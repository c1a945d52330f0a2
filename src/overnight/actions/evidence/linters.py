"""Checks that read code and run no test: what they say of a change proves nothing of what it does. Pure."""

import re
from collections.abc import Sequence

_NAMES = re.compile(
    r"(?:^|[\s/;&|(])(?:ruff|mypy|dmypy|flake8|black|isort|pylint|pyright|basedpyright|ty|pyflakes|bandit|vulture|lint-imports"
    r"|eslint|tsc|prettier|biome|stylelint|rustfmt|clippy-driver|gofmt|golangci-lint|staticcheck|shellcheck|shfmt|hadolint"
    r"|yamllint|markdownlint|codespell|typos|pre-commit|clang-format|clang-tidy|rubocop)(?:\s|$)"
    r"|\bcargo (?:fmt|clippy|check|build|doc)\b|\bgo (?:vet|build)\b|\bmake (?:lint|format|fmt|types?|typecheck|docs?)\b"
    r"|\bnpm run (?:lint|format|build|typecheck|types?)\b|\bcompileall\b|\bpy_compile\b"
)
_TESTS = re.compile(r"\b(?:pytest|unittest|nose2?|jest|vitest|mocha|cargo test|go test|npm test|tox|nox|ctest|phpunit|rspec)\b")


def without_linters(commands: Sequence[str]) -> Sequence[str]:
    """The commands that may run tests."""
    return [command for command in commands if _TESTS.search(command) or not _NAMES.search(command)]
