"""One experiment in words, for readers without a terminal's tables."""

from overnight.research.origin import origin_words
from overnight.research.views.experiments import ExperimentPage
from overnight.words.foreign import printable, printable_lines
from overnight.words.quantities import counted

TEXT = 2000  # characters of one line of foreign text
NAME = 100  # of a role or a researcher


def describe_experiment(page: ExperimentPage) -> str:
    """Hypothesis, verdict with its reason, doubts, and the diff."""
    experiment = page.experiment
    verdict = experiment.conclusion.verdict.value if experiment.conclusion else "open"
    origin = origin_words(experiment.searched, experiment.together, unscreened=experiment.unscreened)
    doubt = "A person has read it" if page.believed else "Unbelievable until read" if page.unbelievable else "Hard to believe"
    role, researcher = printable(experiment.role, NAME), printable(experiment.researcher, NAME)
    lines = [
        f"experiment {experiment.number}: {verdict}",
        printable(experiment.hypothesis, TEXT),
        f"proposed by {role} ({researcher}), commit {experiment.commit[:12] or 'none'}",
        *([origin] if origin else []),
        *(f"  {printable(sentence, TEXT)}" for sentence in page.explanation),
        *(f"  {doubt}: {printable(each, TEXT)}." for each in page.doubts),
        counted(len(page.trials), "trial"),
        printable_lines(page.diff, len(page.diff)),
        *([printable_lines(page.log, len(page.log))] if page.log else []),
        *(f"\ntranscript {one.name}:\n\n{printable_lines(one.text, len(one.text))}" for one in page.transcripts or ()),
    ]
    return "\n".join(lines)
