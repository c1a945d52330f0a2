"""What a check of a learner's program takes, in its two jails: the solution of each step of microgpt, in this process."""

import argparse
import os
import statistics
import time

from overnight.tutor.checking.checker import check_program
from overnight.tutor.form.places import own_curriculum

TARGET_S = 0.3


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds: int = parser.parse_args().rounds
    curriculum = own_curriculum("microgpt")
    print(f"load {os.getloadavg()[0]:.1f}; {rounds} checks of each step, wall s: median, least, most")
    for step in curriculum.steps:
        samples = []
        for _ in range(rounds + 1):  # the first also looks whether the jail works
            begun = time.perf_counter()
            assert check_program(curriculum, step, step.solution, step.campaign).passed
            samples.append(time.perf_counter() - begun)
        del samples[0]
        median = statistics.median(samples)
        print(f"{step.id:12} {median:.3f} {min(samples):.3f} {max(samples):.3f}{'  MISSED' if median > TARGET_S else ''}")


if __name__ == "__main__":
    main()
