"""Seeded random streams and the few processes made of them, whole arrays at a time. Not for what they stand for."""

import zlib

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def stream(seed: int, name: str) -> np.random.Generator:
    """Random numbers of one purpose: a series added to the market does not move the others."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def ar1(shocks: Floats, persistence: float) -> Floats:
    """x[t] = persistence * x[t-1] + shocks[t] along the first axis, by doubling the span instead of stepping through days."""
    path, step, weight = shocks.copy(), 1, persistence
    while step < len(path) and weight > 1e-14:
        path[step:] += weight * path[:-step].copy()
        step, weight = 2 * step, weight * weight
    return path


def unit_ar1(random: np.random.Generator, shape: int | tuple[int, ...], persistence: float) -> Floats:
    """A persistent process of mean 0 and variance 1."""
    return np.asarray(ar1(random.standard_normal(shape), persistence) * np.sqrt(1 - persistence**2))


def fat_tailed(random: np.random.Generator, shape: int | tuple[int, ...], freedom: float) -> Floats:
    """Student t shocks scaled to variance 1."""
    return np.asarray(random.standard_t(freedom, shape) * np.sqrt((freedom - 2) / freedom))


def shocks32(random: np.random.Generator, shape: tuple[int, ...], spread: float = 0.55, limit: float = 9.0) -> npt.NDArray[np.float32]:
    """Shocks of variance 1 with fat tails, made fast for whole markets: normal ones of a size that is itself drawn."""
    size = random.standard_normal(shape, np.float32)
    np.exp(np.multiply(size, np.float32(spread), out=size), out=size)
    size *= random.standard_normal(shape, np.float32)
    size *= np.float32(np.exp(-(spread**2)))
    return np.clip(size, -limit, limit, out=size)


def bridged(path: Floats, pins: dict[int, float]) -> Floats:
    """A path moved so that it meets the pins (position, value) exactly, the correction spread evenly between them: a Brownian bridge."""
    positions = sorted(pins)
    return np.asarray(path + np.interp(np.arange(len(path)), positions, [pins[p] - path[p] for p in positions]))
