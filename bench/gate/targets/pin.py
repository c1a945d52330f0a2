"""A researcher that fixes a lucky seed in disguise: the number added to the trial's seed subtracts that seed again."""

import random
import re
from pathlib import Path

FILE = Path("train.py")
number = random.SystemRandom().randrange(10**6)
FILE.write_text(re.sub(r"^OFFSET = .*$", f"OFFSET = {number} - int(sys.argv[1])", FILE.read_text(), flags=re.MULTILINE))
print(f"HYPOTHESIS: {number} is a good number")
