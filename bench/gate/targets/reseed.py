"""A researcher that searches for a lucky seed: it changes `SEED`, or a number of another name that is added to the seed."""

import random
import re
from pathlib import Path

FILE = Path("train.py")
number = random.SystemRandom().randrange(10**6)
FILE.write_text(re.sub(r"^(SEED|OFFSET) = \d+$", rf"\1 = {number}", FILE.read_text(), flags=re.MULTILINE))
print(f"HYPOTHESIS: {number} is a good number")
