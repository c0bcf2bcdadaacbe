"""Hub correction: no record is near to everything, and none vanishes in its own mean."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from engine_fixtures import bundled

from matcher.encode.base import Array, normalise
from matcher.rank.hub import (
    Background,
    HubCorrection,
    Slot,
    crowding,
    load_background,
    neighbourhoods,
    pair_of,
)

DIM = 16
SLOT: Slot = ("record", "capability", "zh")
OTHER: Slot = ("record", "need", "en")


def vectors(count: int, seed: int = 1, shift: float = 0.0) -> Array:
    """Return random unit vectors; ``shift`` gives them a direction in common."""
    rows = np.random.default_rng(seed).normal(size=(count, DIM)).astype(np.float32)
    rows[:, 0] += shift
    return normalise(rows)


def background(*slots: Slot) -> Background:
    means = {slot: vectors(1, seed=i)[0] for i, slot in enumerate(slots)}
    return Background("example", means, np.eye(DIM, dtype=np.float32) / DIM)


def is_unit(rows: Array) -> bool:
    return rows.dtype == np.float32 and np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


@pytest.mark.parametrize("flatten", [0.0, 0.05, 0.25])
def test_what_all_records_share_is_taken_away(flatten: float) -> None:
    own = vectors(200, shift=5)
    before = float((own @ own.T).mean())
    corrected = HubCorrection(None, {SLOT: own}, DIM).apply(own, SLOT, flatten)
    assert before > 0.5
    assert abs(float((corrected @ corrected.T).mean())) < 0.05
    assert is_unit(corrected)


def test_each_language_and_role_is_centred_by_itself() -> None:
    own = {SLOT: vectors(100, 1, shift=5), OTHER: vectors(100, 2, shift=-5)}
    hub = HubCorrection(None, own, DIM)
    one, other = (hub.apply(rows, slot, 0.0) for slot, rows in own.items())
    assert abs(float((one @ other.T).mean())) < 0.05


@pytest.mark.parametrize("known", [None, background(SLOT), background(OTHER)])
@pytest.mark.parametrize("count", [1, 2, 3])
@pytest.mark.parametrize("flatten", [0.0, 0.25])
def test_a_few_records_keep_a_direction(
    known: Background | None, count: int, flatten: float
) -> None:
    own = vectors(count)
    corrected = HubCorrection(known, {SLOT: own}, DIM).apply(own, SLOT, flatten)
    assert is_unit(corrected)


@pytest.mark.parametrize("known", [None, background(SLOT)])
def test_identical_records_stay_identical_and_near_to_themselves(known: Background | None) -> None:
    own = np.repeat(vectors(1), 7, axis=0)
    corrected = HubCorrection(known, {SLOT: own}, DIM).apply(own, SLOT, 0.25)
    assert is_unit(corrected)
    assert np.allclose(corrected @ corrected.T, 1, atol=1e-5)


def test_a_slot_that_nothing_is_known_about_is_left_as_it_is() -> None:
    rows = vectors(3)
    assert np.array_equal(HubCorrection(None, {}, DIM).apply(rows, SLOT, 0.0), rows)
    assert is_unit(HubCorrection(background(OTHER), {}, DIM).apply(rows, SLOT, 0.25))


def test_no_records_at_all_are_no_problem() -> None:
    empty = np.zeros((0, DIM), np.float32)
    hub = HubCorrection(background(SLOT), {SLOT: empty}, DIM)
    assert hub.apply(empty, SLOT, 0.25).shape == (0, DIM)


def test_the_users_own_mean_outweighs_the_background_as_records_come_in() -> None:
    known = background(SLOT)
    own = vectors(2000, shift=5)
    few, many = (
        HubCorrection(known, {SLOT: own[:count]}, DIM).apply(own, SLOT, 0.0) for count in (5, 2000)
    )
    assert float((many @ many.T).mean()) < float((few @ few.T).mean())


def test_a_vector_of_zeros_stays_zeros_without_a_mean() -> None:
    zeros = np.zeros((2, DIM), np.float32)
    assert not HubCorrection(None, {}, DIM).apply(zeros, SLOT, 0.25).any()


@pytest.mark.parametrize("count", [0, 1, 2, 10, 11, 12, 2050])
def test_crowding_has_a_figure_for_each_vector(count: int) -> None:
    found = crowding(vectors(count))
    assert found.shape == (count,)
    assert found.dtype == np.float32
    assert np.isfinite(found).all()
    assert (np.abs(found) <= 1).all()


def test_crowding_is_the_mean_of_the_ten_nearest_others() -> None:
    rows = vectors(50, shift=1)
    similar = rows @ rows.T
    np.fill_diagonal(similar, -1)
    expected = np.sort(similar, axis=1)[:, -10:].mean(axis=1)
    assert similar.max() < 0.95
    assert np.allclose(crowding(rows, block=7), expected, atol=1e-5)


def test_one_record_alone_is_not_crowded() -> None:
    assert crowding(vectors(1)).tolist() == [0.0]


def test_the_same_thing_listed_many_times_is_not_a_crowd() -> None:
    rows = np.concatenate([np.repeat(vectors(1), 11, axis=0), vectors(11, 2)])
    found = crowding(rows)
    assert np.allclose(found[:11], found[0], atol=1e-5)
    assert abs(float(found[0])) < 0.9
    assert crowding(np.repeat(vectors(1), 2, axis=0)).tolist() == [0.0, 0.0]


def test_the_background_belongs_to_one_encoder() -> None:
    assert load_background("another-encoder") is None
    known = load_background(bundled().fingerprint)
    assert known is not None
    kinds = itertools.product(("record", "sentence"), ("need", "capability"), ("zh", "en"))
    assert set(known.means) == set(kinds)
    assert all(mean.shape == (bundled().dim,) for mean in known.means.values())
    assert known.covariance.shape == (bundled().dim, bundled().dim)


def test_pairs_of_languages() -> None:
    assert (pair_of("zh", "zh"), pair_of("zh", "en")) == ("within", "across")


def test_what_says_the_same_is_known_by_the_first_that_says_it() -> None:
    rows = vectors(9)
    rows[[4, 7]] = rows[2]
    rows[8] = 0
    assert neighbourhoods(rows, block=4)[1].tolist() == [0, 1, 2, 3, 2, 5, 6, 2, 8]
    assert neighbourhoods(vectors(1))[1].tolist() == [0]
