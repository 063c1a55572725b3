"""The colours of the page: readable in light and dark, and told apart by the colour-blind. Not for where they are used."""

from itertools import combinations

import numpy as np
import pytest

from pipelines.report.page.colours import DARK, LIGHT, TEXT_ON, in_light

# Machado, Oliveira and Fernandes (2009), full severity, on linear RGB.
BLIND = {
    "protan": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deutan": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritan": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def linear(colour: str) -> np.ndarray:
    parts = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)


def contrast(one: str, other: str) -> float:
    """As WCAG 2 defines it."""
    light, dark = sorted((float(linear(c) @ [0.2126, 0.7152, 0.0722]) for c in (one, other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: np.ndarray) -> np.ndarray:
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]) @ np.clip(rgb, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


def test_the_measure_of_contrast_is_that_of_the_standard() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)  # the known near miss


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_text_has_the_contrast_of_wcag_aa(colours: dict[str, str]) -> None:
    assert {pair: round(contrast(*(colours[c] for c in pair)), 2) for pair in TEXT_ON if contrast(*(colours[c] for c in pair)) < 4.5} == {}


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
def test_every_line_of_a_picture_stands_out_from_its_ground_and_its_mark(colours: dict[str, str]) -> None:
    assert all(
        contrast(colours[line], colours[ground]) >= 3
        for line in ("small", "large", "third", "ink", "muted", "focus")
        for ground in ("paper", "card", "stamp")
    )


@pytest.mark.parametrize("colours", [LIGHT, DARK], ids=["light", "dark"])
@pytest.mark.parametrize("kind", BLIND)
def test_small_and_large_are_told_apart_by_the_colour_blind(kind: str, colours: dict[str, str]) -> None:
    seen = {c: lab(np.array(BLIND[kind]) @ linear(colours[c])) for c in ("small", "large", "third")}
    assert np.linalg.norm(seen["small"] - seen["large"]) > 40
    assert min(np.linalg.norm(seen[a] - seen[b]) for a, b in combinations(seen, 2)) > 20


def test_light_and_dark_have_the_same_names_and_paper_takes_the_light_ones() -> None:
    assert LIGHT.keys() == DARK.keys()
    assert (
        in_light('<path fill="var(--small)" stroke="var(--large-tint)"/>')
        == f'<path fill="{LIGHT["small"]}" stroke="{LIGHT["large-tint"]}"/>'
    )
