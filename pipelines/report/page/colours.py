"""The colours of the page, by name, light and dark: one accent for small, one for large, told apart by the colour-blind. Not for where they are used (page.css.j2)."""

import re

LIGHT = {
    "paper": "#ffffff", "card": "#ffffff", "sunk": "#f4f5f7", "ink": "#16191d", "muted": "#565d66", "rule": "#d5d9de", "line": "#e4e7eb",
    "small": "#a8480a", "large": "#1c5fa5", "third": "#8f5673", "small-tint": "#fbe9dc", "large-tint": "#e1edf9", "alarm": "#a3141f", "alarm-tint": "#fde8e8",
    "watch": "#7a5200", "watch-tint": "#fdf3d8", "good": "#1d6b3c", "focus": "#1c5fa5", "stamp": "#f3dcdc",
}  # fmt: skip
DARK = {
    "paper": "#12151a", "card": "#171b21", "sunk": "#1e242c", "ink": "#e8ebef", "muted": "#a2abb6", "rule": "#3a434e", "line": "#2a313a",
    "small": "#f2a469", "large": "#7db4f0", "third": "#bc8fa6", "small-tint": "#3d2a1a", "large-tint": "#1b3048", "alarm": "#ff9a9a", "alarm-tint": "#431f22",
    "watch": "#efc66a", "watch-tint": "#3b3017", "good": "#7fd09c", "focus": "#9cc7f7", "stamp": "#3a2427",
}  # fmt: skip
# What stands on what, for text: WCAG AA asks for 4.5 to 1; a test computes it.
TEXT_ON = (
    ("ink", "paper"), ("ink", "card"), ("ink", "sunk"), ("muted", "paper"), ("muted", "card"), ("muted", "sunk"), ("small", "card"), ("large", "card"),
    ("small", "small-tint"), ("large", "large-tint"), ("ink", "small-tint"), ("ink", "large-tint"), ("third", "card"), ("alarm", "alarm-tint"),
    ("alarm", "card"), ("watch", "watch-tint"), ("watch", "card"), ("good", "card"), ("ink", "stamp"), ("small", "paper"), ("large", "paper"),
)  # fmt: skip


def in_light(svg: str) -> str:
    """A picture for paper: names of colours replaced by what they are in light."""
    return re.sub(r"var\(--([a-z-]+)\)", lambda found: LIGHT[found[1]], svg)
