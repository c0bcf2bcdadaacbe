"""Where records stand on a map: themes as discs, like ones beside each other, none overlapping."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from matcher.encode.base import Array

Places = npt.NDArray[np.float64]
_STEPS = 400
_GAP = 0.6


def lay_out(vectors: Array, centres: Array, of: npt.NDArray[np.int64]) -> tuple[Places, Places]:
    """Return the place of each record and of each theme, shapes (n, 2) and (themes, 3).

    Themes stand as classical scaling of their centres has them, pushed apart until the discs (third
    figure: the radius, growing with the root of the number of records) do not overlap; records lie
    in their disc in the direction of the theme's two main axes, the more typical the nearer to the
    middle. Only neighbourhoods mean something, not distances. Nothing is drawn by lot.
    """
    if not len(centres):
        return np.zeros((len(vectors), 2)), np.zeros((0, 3))
    sizes = np.bincount(of, minlength=len(centres))
    radii = np.sqrt(sizes) * 0.5 + 0.5
    discs = np.column_stack([_apart(_main_axes(centres.astype(np.float64)), radii), radii])
    places = np.zeros((len(vectors), 2))
    for theme, centre in enumerate(centres):
        rows = np.flatnonzero(of == theme)
        offsets = _main_axes(vectors[rows].astype(np.float64))
        angles = np.arctan2(offsets[:, 1], offsets[:, 0])
        # Ranks instead of distances fill the disc evenly.
        typical = np.argsort(np.argsort(-(vectors[rows] @ centre).round(6), kind="stable"))
        spokes = np.argsort(np.argsort(angles.round(6), kind="stable"))
        turn = 2 * np.pi * spokes / len(rows)
        away = radii[theme] * 0.9 * np.sqrt((typical + 0.5) / len(rows))
        places[rows] = discs[theme, :2] + (away * np.array([np.cos(turn), np.sin(turn)])).T
    return places.round(3), discs.round(3)


def _main_axes(points: Places) -> Places:
    """Return the points on their two main axes, with a sign that does not depend on the machine."""
    centred = points - points.mean(axis=0)
    if len(points) < 2:
        return np.zeros((len(points), 2))
    left, spread, _ = np.linalg.svd(centred, full_matrices=False)
    found = (left * spread)[:, :2]
    if found.shape[1] < 2:
        found = np.column_stack([found, np.zeros(len(found))])
    peaks = found[np.abs(found).round(9).argmax(axis=0), [0, 1]]
    result: Places = found * np.where(peaks < 0, -1, 1)
    return result


def _apart(places: Places, radii: npt.NDArray[np.float64]) -> Places:
    """Scale places up to the discs and push these apart until none overlaps another."""
    size = np.abs(places).max() if len(places) else 0.0
    spread = np.sqrt((radii**2).sum())
    places = places / (size or 1.0) * spread
    # Two in one place have no direction to part in.
    turn = np.arange(len(places)) * 2.399963
    places = places + 1e-3 * np.column_stack([np.cos(turn), np.sin(turn)])
    for _ in range(_STEPS):
        between = places[:, None] - places[None]
        distance = np.sqrt((between**2).sum(axis=2)) + np.eye(len(places))
        lack = np.maximum(radii[:, None] + radii[None] + _GAP - distance, 0)
        np.fill_diagonal(lack, 0)
        if not lack.any():
            break
        places = places + 0.5 * (between / distance[..., None] * lack[..., None]).sum(axis=1)
    middle: Places = places.mean(axis=0)
    return places - middle
