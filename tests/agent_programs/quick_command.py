"""The command line with a gateway that waits a tenth as long as usual, for a quota a twenty-fifth."""

from overnight.cli.main import main
from overnight.models import gateway
from overnight.models.breaker import RetryTimes

QUICK = RetryTimes(busy_s=0.1, busiest_s=6.0, quota_s=12.0, longest_s=600.0, same_s=0.2, near_s=6.0, patience_s=12.0)

if __name__ == "__main__":
    vars(gateway)["RetryTimes"] = lambda: QUICK
    main()
