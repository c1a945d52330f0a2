"""Parts of a change that are dangerous to get wrong, by where they are and what stands in them. Pure."""

import re
from collections.abc import Iterator, Sequence

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.evidence.public_api import taken_away
from overnight.actions.findings import Risk, RiskKind, foremost
from overnight.program.scope import matches
from overnight.words.foreign import printable

PATH, DETAIL = 200, 160  # characters
MOST = 50
DEPENDENCIES = (
    "**/requirements*.txt",
    "**/requirements/**",
    "**/constraints*.txt",
    "**/*.lock",
    "**/*-lock.json",
    "**/*-lock.yaml",
    "**/Pipfile",
    "**/setup.py",
    "**/go.mod",
    "**/go.sum",
    "**/Gemfile",
    "**/pom.xml",
    "**/build.gradle*",
    "**/environment.y*ml",
    "**/Dockerfile*",
    "**/vcpkg.json",
    "**/conanfile.*",
)
_DECLARES = (  # files of which only some parts are dependencies, and what begins such parts
    (
        "pyproject.toml",
        re.compile(r"dependencies|requires|optional-dependencies|dependency-groups|build-system|\[tool\.uv|[<>=~]="),
    ),
    ("package.json", re.compile(r"ependencies|\"[\w@/.-]+\":\s*\"(?:[\^~>=<*]|\d|git|npm:|file:|https?:)")),
    ("Cargo.toml", re.compile(r"dependencies|version\s*=|git\s*=|path\s*=")),
    ("setup.cfg", re.compile(r"install_requires|extras_require|[<>=~]=")),
)
MIGRATIONS = ("**/migrations/**", "**/alembic/versions/**", "**/db/migrate/**", "**/*.sql", "**/schema.prisma")
CI = (
    ".github/**",
    ".gitlab-ci.yml",
    ".gitlab/**",
    ".circleci/**",
    "azure-pipelines.yml",
    ".travis.yml",
    "Jenkinsfile",
    ".drone.yml",
    ".buildkite/**",
    "bitbucket-pipelines.yml",
    ".pre-commit-config.yaml",
    ".woodpecker/**",
    ".woodpecker.yml",
    "appveyor.yml",
)
_AUTH_PATH = re.compile(
    r"(?:^|[/_.-])(?:auth(?:n|z|enticat\w*|ori[sz]\w*)?|login|logout|sessions?|permissions?|passwords?|oauth2?|jwt|acl|rbac"
    r"|crypto|tokens?)(?=[/_.-])"
)
_AUTH_LINE = re.compile(
    r"\b(?:password|passwd|secret_key|api_key|private_key|csrf|verify\s*=\s*False|InsecureSkipVerify|rejectUnauthorized"
    r"|login_required|permission_required|is_authenticated|is_superuser|is_admin|has_permission|authori[sz]e\w*|authenticate\w*"
    r"|set_cookie|samesite|httponly|jwt|hmac|bcrypt|hashlib|chmod|setuid|sudo|shell\s*=\s*True|eval\(|exec\(|pickle\.loads?)\b",
    re.IGNORECASE,
)


def risks_of(files: Sequence[ChangedFile], protected: Sequence[str]) -> Sequence[Risk]:
    """What a person should look at, by path."""
    return foremost([risk for file in files for risk in _of_file(file, protected)], lambda risk: risk.kind, MOST)


def _of_file(file: ChangedFile, protected: Sequence[str]) -> Iterator[Risk]:
    what = "removed" if file.new is None else "new" if file.old is None else "edited"
    if protected and matches(file.path, protected):
        yield _risk(RiskKind.PROTECTED, file, what)
    if matches(file.path, CI):
        yield _risk(RiskKind.CI, file, what)
    if matches(file.path, DEPENDENCIES):
        yield _risk(RiskKind.DEPENDENCIES, file, what)
    elif line := _declared(file):
        yield _risk(RiskKind.DEPENDENCIES, file, line)
    if matches(file.path, MIGRATIONS):
        yield _risk(RiskKind.MIGRATIONS, file, what)
    if file.kind is FileKind.CODE:
        yield from _of_code(file, what)


def _of_code(file: ChangedFile, what: str) -> Iterator[Risk]:
    if _AUTH_PATH.search(file.path.lower()):
        yield _risk(RiskKind.AUTH, file, what)
    elif line := next((line for line in changed_lines(file) if _AUTH_LINE.search(line[:400])), ""):
        yield _risk(RiskKind.AUTH, file, line.strip())
    yield from (_risk(RiskKind.PUBLIC_API, file, gone) for gone in taken_away(file))


def _declared(file: ChangedFile) -> str:
    """A changed line of a file that also names dependencies."""
    name = file.path.rpartition("/")[2]
    form = next((form for of, form in _DECLARES if of == name), None)
    return next((line.strip() for line in changed_lines(file) if form and form.search(line[:400])), "")


def changed_lines(file: ChangedFile) -> Iterator[str]:
    """Lines that one version has and the other has not."""
    before, after = (dict.fromkeys(text.splitlines()) for text in (file.old_text, file.new_text))
    yield from (line for line in after if line not in before)
    yield from (line for line in before if line not in after)


def _risk(kind: RiskKind, file: ChangedFile, detail: str) -> Risk:
    return Risk(kind=kind, path=printable(file.path, PATH), detail=printable(detail, DETAIL))
