"""Paired, alternating rounds: every side once a round, in turned order each second one. Not for what the sides do, nor for what is wanted of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.full_size.side import Taken

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Held:
    """What the rounds of one contest gave: a ratio a round by key, and what each side took, round by round.

    `models`: the seconds of each of our models, where the contest is about them.
    """

    ratios: Mapping[str, Sequence[float]]
    seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    peaks: Mapping[str, Sequence[int]] = field(default_factory=dict)
    models: Mapping[str, Sequence[float]] = field(default_factory=dict)


def alternate(
    sides: Mapping[str, Callable[[], Taken]], rounds: int, same: Callable[[Mapping[str, Taken]], None], tell: Tell
) -> dict[str, list[Taken]]:
    """A first round that does not count, `same` on what it left, and then the rounds that do."""
    first = {}
    for name, side in sides.items():
        first[name] = side()
        tell(f"before the rounds, {name}: {first[name].seconds:.2f} s")
    same(first)
    taken: dict[str, list[Taken]] = {name: [] for name in sides}
    for n in range(rounds):
        for name in list(sides) if n % 2 == 0 else list(sides)[::-1]:
            taken[name].append(sides[name]())
            tell(f"round {n + 1} of {rounds}, {name}: {taken[name][-1].seconds:.2f} s")
    return taken


def held(taken: Mapping[str, Sequence[Taken]], ratios: Mapping[str, Sequence[float]]) -> Held:
    """The rounds of sides beside the ratios made of them."""
    return Held(
        ratios,
        {name: [one.seconds for one in several] for name, several in taken.items()},
        {name: [one.peak_bytes for one in several] for name, several in taken.items()},
    )


def times(taken: Mapping[str, Sequence[Taken]], side: str, against: str) -> list[float]:
    """Seconds of one side over those of another in the same round."""
    return [a.seconds / b.seconds for a, b in zip(taken[side], taken[against], strict=True)]
