"""Marks of the legends: each looks like what it stands for, and no two that meet in a chart differ in colour alone."""

# Paths in a square from -1 to 1, filled; vega scales them to the symbol's size.
LINE = "M-1.4,-0.2H1.4V0.2H-1.4Z"
DASHES = "M-1.4,-0.15H-0.7V0.15H-1.4ZM-0.35,-0.15H0.35V0.15H-0.35ZM0.7,-0.15H1.4V0.15H0.7Z"
DOT = "circle"
KEEP = "M-1.4,-0.2H-0.6A0.63,0.63 0 0 1 0.6,-0.2H1.4V0.2H0.6A0.63,0.63 0 0 1 -0.6,0.2H-1.4Z"  # a line with a dot on it
SQUARE = "square"
DIAMOND = "diamond"
UP = "triangle-up"
DOWN = "triangle-down"
CROSS = "M-0.8,-0.55L-0.55,-0.8L0,-0.25L0.55,-0.8L0.8,-0.55L0.25,0L0.8,0.55L0.55,0.8L0,0.25L-0.55,0.8L-0.8,0.55L-0.25,0Z"
