"""Reuses what a repository already says to other loop tools: pi-autoresearch sessions and autocrucible configurations."""

import json
from collections.abc import Collection, Mapping

from overnight.errors import ProgramError
from overnight.program.detection.metric import metric_entry, printed_metric
from overnight.program.detection.session_scope import session_scope
from overnight.program.detection.session_text import primary_metric
from overnight.program.front_matter import Value, load_front_matter, mapping_in
from overnight.program.program import Direction
from overnight.program.writer import FrontMatterEntry

CRUCIBLE = ".crucible/config.yaml"
# A session's files (script, description, log, configuration, checks), in the present layout and in the older one.
SESSIONS = (
    (".auto/measure.sh", ".auto/prompt.md", ".auto/log.jsonl", ".auto/config.json", ".auto/checks.sh"),
    ("autoresearch.sh", "autoresearch.md", "autoresearch.jsonl", "autoresearch.config.json", "autoresearch.checks.sh"),
)
LOOP_FILES = frozenset({CRUCIBLE, *(path for session in SESSIONS for path in session)})

_DIRECTIONS = {
    "lower": Direction.MINIMIZE,
    "minimize": Direction.MINIMIZE,
    "higher": Direction.MAXIMIZE,
    "maximize": Direction.MAXIMIZE,
}


def from_session(files: Collection[str], texts: Mapping[str, str], notes: list[str]) -> list[FrontMatterEntry]:
    """What a pi-autoresearch session says; empty if there is none."""
    for script, prompt, log, config, checks in SESSIONS:
        if script not in files:
            continue
        notes.append(f"{script}: used as the measure command; its METRIC lines are read as they are")
        described = texts.get(prompt, "")
        entries = [
            *(_described_metric(described, prompt) or _logged_metric(texts.get(log, ""), log)),
            FrontMatterEntry(key="measure", value=f"bash {script}", reason="the benchmark script of the session"),
            *_scope(described, files, prompt, notes),
        ]
        if entries[0].key != "metric":
            entries = [*metric_entry(printed_metric(texts.get(script, "")), f"{script} prints it"), *entries]
        if checks in files:
            entries.append(FrontMatterEntry(key="checks", value=[f"bash {checks}"], reason="the session's own checks"))
        return [*entries, *_iterations(texts.get(config, ""), config)]
    return []


def _described_metric(text: str, place: str) -> list[FrontMatterEntry]:
    found = primary_metric(text)
    return metric_entry(found[0], f"{place} calls it the primary metric", found[1]) if found else []


def _logged_metric(log: str, place: str) -> list[FrontMatterEntry]:
    """The metric of the session's last configuration line."""
    for line in reversed(log.splitlines()):
        record = _json_object(line) if '"config"' in line else {}
        entry = metric_entry(record.get("metricName"), f"{place} names it", _DIRECTIONS.get(str(record.get("bestDirection"))))
        if entry:
            return entry
    return []


def _scope(text: str, files: Collection[str], place: str, notes: list[str]) -> list[FrontMatterEntry]:
    found = session_scope(text, files, place)
    notes += found.notes
    paths: list[Value] = list(found.editable)
    return [FrontMatterEntry(key="editable", value=paths, reason=f"the files in scope of {place}")] if paths else []


def _iterations(config: str, place: str) -> list[FrontMatterEntry]:
    limit = _json_object(config).get("maxIterations")
    if not isinstance(limit, int) or limit < 1:
        return []
    return [FrontMatterEntry(key="budget", value={"experiments": limit}, reason=f"maxIterations of {place}")]


def _json_object(text: str) -> Mapping[str, object]:
    try:
        whole = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return whole if isinstance(whole, dict) else {}


def from_crucible(texts: Mapping[str, str], notes: list[str]) -> list[FrontMatterEntry]:
    """What an autocrucible configuration says; empty if there is none."""
    if CRUCIBLE not in texts:
        return []
    try:
        values = load_front_matter(texts[CRUCIBLE], CRUCIBLE, first_line=1).values
    except ProgramError as error:
        notes.append(f"{CRUCIBLE} cannot be read: {error}")
        return []
    files, commands, limits = (mapping_in(values.get(key)) for key in ("files", "commands", "constraints"))
    entries = [
        *_crucible_metric(values),
        *_crucible_command(values.get("command") or commands.get("run"), commands.get("eval")),
        *_crucible_editable(values.get("editable") or files.get("editable")),
    ]
    timeout = limits.get("timeout_seconds")
    if isinstance(timeout, int) and timeout > 0:
        entries.append(FrontMatterEntry(key="limits", value={"wall": f"{timeout}s"}, reason=f"timeout_seconds of {CRUCIBLE}"))
    understood = ", ".join(entry.key for entry in entries) or "nothing"
    notes.append(f"{CRUCIBLE}: understood {understood}; its other settings have no counterpart")
    if files.get("hidden"):
        notes.append(f"{CRUCIBLE}: its hidden files are frozen here but visible, because the command reads them; see `score`")
    return entries


def _crucible_metric(values: Mapping[str, Value]) -> list[FrontMatterEntry]:
    metric = values.get("metric")
    name = mapping_in(metric).get("name") if isinstance(metric, dict) else metric
    direction = mapping_in(metric).get("direction") or values.get("direction")
    return metric_entry(name, f"the metric of {CRUCIBLE}", _DIRECTIONS.get(str(direction)))


def _crucible_command(run: Value | None, evaluate: Value | None) -> list[FrontMatterEntry]:
    if not isinstance(run, str):
        return []
    command = f"{run} && {evaluate}" if isinstance(evaluate, str) else run
    return [FrontMatterEntry(key="measure", value=command, reason=f"run and eval of {CRUCIBLE}")]


def _crucible_editable(editable: Value | None) -> list[FrontMatterEntry]:
    paths: Value | None = [editable] if isinstance(editable, str) else editable
    return (
        [FrontMatterEntry(key="editable", value=paths, reason=f"editable in {CRUCIBLE}")]
        if isinstance(paths, list) and paths
        else []
    )
