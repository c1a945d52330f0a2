"""A rectangle in a frame, in fractions of its width and height; pure."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """From the upper left corner to the lower right one."""

    left: float
    top: float
    right: float
    bottom: float

    @property
    def width(self) -> float:
        """Of the frame's width."""
        return max(0.0, self.right - self.left)

    @property
    def height(self) -> float:
        """Of the frame's height."""
        return max(0.0, self.bottom - self.top)

    @property
    def area(self) -> float:
        """Of the frame's area."""
        return self.width * self.height

    @property
    def centre(self) -> tuple[float, float]:
        """Across and down."""
        return (self.left + self.right) / 2, (self.top + self.bottom) / 2

    def shared(self, other: "Box") -> float:
        """The area that is in both."""
        across = min(self.right, other.right) - max(self.left, other.left)
        down = min(self.bottom, other.bottom) - max(self.top, other.top)
        return max(0.0, across) * max(0.0, down)

    def overlap(self, other: "Box") -> float:
        """Intersection over union, 0 to 1."""
        shared = self.shared(other)
        return shared / union if (union := self.area + other.area - shared) > 0 else 0.0

    def around(self, other: "Box") -> "Box":
        """The smallest that holds both."""
        return Box(
            left=min(self.left, other.left),
            top=min(self.top, other.top),
            right=max(self.right, other.right),
            bottom=max(self.bottom, other.bottom),
        )

    def wider(self, margin: float) -> "Box":
        """With a margin on each side, in its own width and height, as far as the frame goes."""
        across, down = margin * self.width, margin * self.height
        return Box(
            left=max(0.0, self.left - across),
            top=max(0.0, self.top - down),
            right=min(1.0, self.right + across),
            bottom=min(1.0, self.bottom + down),
        )

    def moved(self, across: float, down: float) -> "Box":
        """The same elsewhere."""
        return Box(left=self.left + across, top=self.top + down, right=self.right + across, bottom=self.bottom + down)

    def within(self, outer: "Box") -> "Box":
        """What is in fractions of a crop, in fractions of the frame of which `outer` was cut."""
        return Box(
            left=outer.left + self.left * outer.width,
            top=outer.top + self.top * outer.height,
            right=outer.left + self.right * outer.width,
            bottom=outer.top + self.bottom * outer.height,
        )
