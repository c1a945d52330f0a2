"""`overnight show N`: one experiment with all that its verdict stands on."""

from collections.abc import Sequence
from dataclasses import replace

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.errors import UserError
from overnight.gate.trial import Stage, Trial
from overnight.research.events import Registered, TrialFinished
from overnight.research.experiment import Experiment
from overnight.research.reading import reading
from overnight.words.foreign import printable

LOG_LINES = 20
TEXT = 2000  # characters of one foreign line


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@tag_option
@click.option("--log", "with_log", is_flag=True, help="Also print the captured output of its last failed, or else last, trial.")
@json_option
def show(number: int, tag: str | None, with_log: bool, as_json: bool) -> None:
    """Show one experiment: hypothesis, diff, trials, and the verdict with its reason."""
    from overnight.gate.explain import explain, explain_noise
    from overnight.gate.noise import noise_report
    from overnight.git.history import GitHistory
    from overnight.ledger.artifacts import ArtifactStore

    with reading(tag) as campaign:
        experiment = campaign.ledger.experiment(number)
        if experiment is None:
            total = campaign.ledger.experiments(limit=1).total
            fix = f"the newest is {total}; see `overnight log`" if total else "there are none yet"
            raise UserError(f"there is no experiment {number}", fix=fix)
        experiment = campaign.under_way(experiment)
        events = [recorded.event for recorded in campaign.ledger.experiment_events(number)]
        trials = [event.trial for event in events if isinstance(event, TrialFinished)]
        registered = next((event for event in events if isinstance(event, Registered)), None)
        history = GitHistory(campaign.repository)
        try:
            diff = history.diff(experiment.base, experiment.commit) if experiment.commit else ""
        finally:
            history.close()
        state = campaign.state()
        told = explain(experiment.conclusion, state.program) if experiment.conclusion else []
        told.append(explain_noise(noise_report(state.program, state.gate)))
        logged = [trial for trial in trials if trial.log]
        chosen = next((t for t in reversed(logged) if t.fault), logged[-1] if logged else None)
        output = ArtifactStore(campaign.folder / "logs").read(chosen.log) if with_log and chosen else None
    if as_json:
        page = {"experiment": experiment, "level": registered, "trials": [sealed(t) for t in trials], "diff": diff}
        print_json({**page, "explanation": told, "log": output.decode(errors="replace") if output else None})
    else:
        print_experiment(experiment, trials, diff, told, output)


def sealed(trial: Trial) -> Trial:
    """The trial without what a holdout answered; what it took is the answer, too, where that is what is measured."""
    if trial.key.stage is not Stage.HOLDOUT:
        return trial
    return replace(trial, value=None, metrics={}, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0)


def print_experiment(experiment: Experiment, trials: list[Trial], diff: str, told: Sequence[str], output: bytes | None) -> None:
    """Print the page for people, foreign text made printable."""
    from rich.syntax import Syntax
    from rich.text import Text

    from overnight.cli.tables import print_wide, trials_table, verdict_text

    print_wide(
        Text.assemble((f"experiment {experiment.number}: ", "bold"), verdict_text(experiment)),
        Text(printable(experiment.hypothesis, TEXT)),
        Text(f"proposed by {experiment.role} ({experiment.researcher}), commit {experiment.commit[:12] or 'none'}"),
        *(Text(f"  {printable(sentence, TEXT)}") for sentence in told),
    )
    if diff:
        lines = "\n".join(printable(line, TEXT) for line in diff.splitlines())
        print_wide(Syntax(lines, "diff", background_color="default"))
    if trials:
        print_wide(trials_table(trials))
    if output is not None:
        end = [Text(f"  {printable(line, TEXT)}") for line in output.decode(errors="replace").splitlines()[-LOG_LINES:]]
        print_wide(Text("captured output, end:", style="bold"), *end)
