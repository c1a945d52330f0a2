"""The price that the shop sets for each visitor: this is what to improve.

Try it: python quote.py --seed 1
"""

from visitors import Visitor

BASE_PRICE = 25.0
# The effect of a visitor's kind on the price; 1.0 is none.
MOBILE_FACTOR = 1.0
RETURNING_FACTOR = 1.0
NEWSLETTER_FACTOR = 1.0
WEEKEND_FACTOR = 1.0
NIGHT_FACTOR = 1.0
CURIOUS_FACTOR = 1.0
REGION_FACTORS = {"north": 1.0, "east": 1.0, "south": 1.0, "west": 1.0}
# Who belongs to a kind.
NIGHT_ENDS = 6  # hour
CURIOUS_PAGES = 4  # viewed, or more
# How the price is written.
CHARM = False  # 24.99 instead of 25.40


def price(visitor: Visitor) -> float:
    """The price for a visitor, in euros."""
    amount = BASE_PRICE * REGION_FACTORS[visitor.region]
    amount *= MOBILE_FACTOR if visitor.mobile else 1
    amount *= RETURNING_FACTOR if visitor.returning else 1
    amount *= NEWSLETTER_FACTOR if visitor.newsletter else 1
    amount *= WEEKEND_FACTOR if visitor.weekend else 1
    amount *= NIGHT_FACTOR if visitor.hour < NIGHT_ENDS else 1
    amount *= CURIOUS_FACTOR if visitor.pages >= CURIOUS_PAGES else 1
    return int(amount) + 0.99 if CHARM else round(amount, 2)
