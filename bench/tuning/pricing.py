"""A profit: factors that multiply and saturate, many constants that do nothing, and noise in proportion to the value."""

import math
import random

from overnight.program.program import Direction, Metric
from tuning.objective import Objective, Value, Values, bowl, drawn_until, short, written

_CODE = """

def route(order):
    if CHANNEL == "store":
        return store(order)
    if CHANNEL == "online":
        return online(order)
    if CHANNEL == "partner":
        return partner(order)
"""
_DEAD: dict[str, Value] = {
    "SMOOTHING": 0.3,
    "TREND_DECAY": 0.9,
    "SEASON_GAIN": 1.5,
    "BUNDLE_RATIO": 0.25,
    "LOYALTY_BONUS": 3.0,
    "RETURN_PENALTY": 0.05,
    "SHELF_DEPTH": 6,
    "QUEUE_LENGTH": 12,
    "ROUND_PRICES": True,
    "USE_COUPONS": False,
    "SHIPPING_FEE": 4.5,
    "MARKUP_STEP": 0.7,
    "REVIEW_WEIGHT": 2.0,
    "SHOWN_ITEMS": 20,
}
_PROFIT = 1000.0


class Pricing(Objective):
    """Twenty constants of which six matter."""

    name = "pricing"
    metric = Metric(name="profit", direction=Direction.MAXIMIZE)
    noise = 0.06
    rho = 0.8
    live = ("BASE_PRICE", "AD_SPEND", "STOCK_COVER", "DISCOUNT_SHARE", "SURGE_PRICING", "CHANNEL")

    def draw(self, rng: random.Random) -> None:
        """Choose the best price, channel, spend and stock, and a start with a quarter to two thirds of the profit."""
        channels = ["online", "partner", "store"]
        rng.shuffle(channels)
        self.reach = dict(zip(channels, (1.0, 0.92, 0.8), strict=True))
        self.spend = dict(zip(channels, (40.0, 90.0, 20.0), strict=True))  # scale of the spend by channel
        self.price, self.cover, self.discount = rng.uniform(12.0, 40.0), rng.uniform(3.0, 7.0), rng.uniform(0.1, 0.4)
        self.power = rng.uniform(0.5, 1.5)  # of the price
        self.surge = rng.random() < 0.5
        best: dict[str, Value] = {
            "BASE_PRICE": self.price,
            "AD_SPEND": _peak(self.spend[channels[0]]),
            "STOCK_COVER": max(range(1, 60), key=lambda cover: _saturating(cover, self.cover)),
            "DISCOUNT_SHARE": self.discount,
            "SURGE_PRICING": self.surge,
            "CHANNEL": channels[0],
        }
        names = [*best, *_DEAD]
        rng.shuffle(names)
        start = dict(best)

        def make() -> bool:
            start["BASE_PRICE"] = short(self.price * 2.0 ** rng.uniform(-1.8, 1.8))
            start["AD_SPEND"] = short(_peak(self.spend[channels[0]]) * 2.0 ** rng.uniform(-1.9, 1.9))
            cover = max(3, round(int(best["STOCK_COVER"]) * 2.0 ** rng.uniform(-1.4, 1.4)))
            start["STOCK_COVER"] = cover + 1 if cover in {4, 8, 16, 32} else cover  # a power of two moves by octaves
            start["DISCOUNT_SHARE"] = rng.choice((0.05, 0.2, 0.5, 0.7))
            start["SURGE_PRICING"], start["CHANNEL"] = rng.random() < 0.5, rng.choice(channels)
            return 0.25 < self.value(start) / _PROFIT < 0.67

        drawn_until(make)
        self.start = written({name: (start | _DEAD)[name] for name in names}, _CODE)
        self.best = written({name: (best | _DEAD)[name] for name in names}, _CODE)

    def value(self, values: Values) -> float:
        """The profit, at most about a thousand."""
        price = float(values["BASE_PRICE"]) / self.price
        channel = str(values["CHANNEL"])
        profit = _PROFIT * math.pow(price * math.exp(1.0 - price), self.power) * self.reach[channel]
        profit *= _saturating(float(values["AD_SPEND"]), self.spend[channel])
        profit *= _saturating(float(values["STOCK_COVER"]), self.cover)
        profit *= math.exp(-2.5 * bowl(float(values["DISCOUNT_SHARE"]) - self.discount))
        return profit * (1.0 if values["SURGE_PRICING"] == self.surge else 0.93)

    def noisy(self, value: float, error: float) -> float:
        """An error in proportion to the value."""
        return value * (1.0 + self.noise * self.gap / self.at(self.start) * error)


_DECLINE = 8.0  # scales of the rise until too much costs a factor e


def _peak(scale: float) -> float:
    return scale * math.log1p(_DECLINE)


def _saturating(amount: float, scale: float) -> float:
    """Rises to 1 and then declines slowly."""

    def raw(amount: float) -> float:
        return (1.0 - math.exp(-amount / scale)) * math.exp(-amount / scale / _DECLINE)

    return raw(amount) / raw(_peak(scale))
