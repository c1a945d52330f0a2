"""Briefs and researchers, judged by a real model: the share of proposals that are in scope, new, run and gain, at equal tokens.

    python .ci/model.py build/model
    python bench/briefs/compare_arms.py --arm before=COMMIT:agent --arm after=.:agent
    python bench/briefs/compare_arms.py --arm agent=.:agent --arm editor=.:editor --tokens 60k
    python bench/briefs/compare_arms.py --arm before=COMMIT:editor --arm after=.:editor --samples 20

A commit's arm runs all of its code. A campaign that was interrupted goes on, and one that is finished is not run again.
"""

import argparse
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict

from arm_campaigns import FOLDER, Arm, Setting, measure
from samples import sample
from shares import HEAD, Counts, row
from small_model import settings, small_model

LABS = ("pricing", "kernel", "packing")  # whose trials take seconds


def main() -> None:
    """Run all arms on all labs, in turn, and print the table."""
    asked = _parsed()
    FOLDER.mkdir(parents=True, exist_ok=True)
    arms = [Arm.parse(text) for text in asked.arm]
    total: dict[str, Counts] = {}
    found: list[dict[str, object]] = []
    bar = _Bar(len(arms) * len(asked.lab))
    with _served(asked.url) as url:
        user = FOLDER / "settings.toml"
        user.write_text(settings(url))
        for lab in asked.lab:
            for arm in arms:
                if asked.samples:
                    counts = sample(arm, lab, asked.samples, url, bar.tick)
                else:
                    setting = Setting(lab=lab, tokens=asked.tokens, most_pairs=asked.pairs, settings=user)
                    counts = measure(arm, setting, bar.tick)
                bar.ended()
                total[arm.name] = total.get(arm.name, Counts()) + counts
                found.append({"arm": arm.name, "lab": lab, **asdict(counts)})
    if asked.json:
        print(json.dumps(found, indent=2))
        return
    print(HEAD)
    for each in found:
        counts = Counts(**{name: each[name] for name in asdict(Counts())})  # type: ignore[arg-type]  # made of one above
        print(row(str(each["arm"]), str(each["lab"]), counts))
    for name, counts in total.items():
        print(row(f"**{name}**", "all", counts))


def _parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--arm", action="append", required=True, metavar="NAME=COMMIT:USE", help="`.` is the working tree")
    parser.add_argument("--lab", action="append", help=f"by default {', '.join(LABS)}")
    parser.add_argument("--tokens", type=_tokens, default=30_000, help="of each arm on each lab, such as 30k")
    parser.add_argument("--samples", type=int, help="answers of the editor to one brief of each arm, instead of campaigns")
    parser.add_argument("--pairs", type=int, default=12, help="of trials that may prove a change")
    parser.add_argument("--url", help="of a server that speaks OpenAI chat, instead of the small model's")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    asked = parser.parse_args()
    asked.lab = asked.lab or list(LABS)
    return asked


def _tokens(text: str) -> int:
    return int(text.removesuffix("k")) * (1000 if text.endswith("k") else 1)


@contextmanager
def _served(url: str | None) -> Iterator[str]:
    if url:
        yield url
        return
    with small_model(FOLDER / "server.txt") as served:
        yield served


class _Bar:
    """Campaigns done, and the proposals of the one that runs."""

    def __init__(self, campaigns: int) -> None:
        self._campaigns, self._done, self._asked = campaigns, 0, 0

    def tick(self, lab: str) -> None:
        self._asked += 1
        self._show(f"{lab}: {self._asked} asked")

    def ended(self) -> None:
        self._done, self._asked = self._done + 1, 0
        self._show("")

    def _show(self, text: str) -> None:
        filled = "#" * self._done + "." * (self._campaigns - self._done)
        end = "\n" if self._done == self._campaigns or not sys.stderr.isatty() else ""
        print(f"\r[{filled}] {text:<30}", end=end, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
