"""The command line with a small researcher that searches in the place of the tuner."""

from searcher import Searcher

from overnight.cli.main import main
from overnight.research import staffing

OFFSETS = (*(6.0 + number for number in range(12)), 4.0)

if __name__ == "__main__":
    vars(staffing)["RESEARCHERS"] = {"tuner": lambda _spec, _context: Searcher(offsets=OFFSETS)}
    main()
