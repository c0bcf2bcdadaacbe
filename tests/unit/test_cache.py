"""The vector cache: nothing is encoded twice, and a bad cache never costs a result."""

from __future__ import annotations

import os
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from engine_fixtures import LetterEncoder, answer, digest, run_python, whole

from matcher.encode import cache
from matcher.encode.base import Text
from matcher.encode.cache import CachedEncoder
from matcher.errors import EncoderError

TEXTS = [
    whole(text) for text in ("高温压力传感器。", "SiC MOSFET driver", "壓力 sensor", "", "😀\ud800")
]
MANY = [whole(f"第{i}条需求 need {i}") for i in range(300)]

# Encodes the same texts as MANY in another process and prints a hash of the vectors.
WORK = """
import json, sys
from pathlib import Path
from engine_fixtures import LetterEncoder, digest, whole
from matcher.encode.cache import CachedEncoder
encoder = LetterEncoder()
cached = CachedEncoder(encoder, Path(sys.argv[1]))
texts = [whole(f"第{i}条需求 need {i}") for i in range(300)]
print(json.dumps([digest(cached.encode("need", texts)), len(encoder.asked)]))
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "缓存" / "vectors.sqlite"


def opened(file: Path, fingerprint: str = "letters-1") -> tuple[LetterEncoder, CachedEncoder]:
    encoder = LetterEncoder(fingerprint)
    return encoder, CachedEncoder(encoder, file)


def test_a_second_run_encodes_nothing_and_gives_the_same_vectors(file: Path) -> None:
    encoder, cached = opened(file)
    first = cached.encode("need", TEXTS)
    assert sorted(encoder.asked) == sorted(text.text for text in TEXTS)
    assert digest(cached.encode("need", TEXTS)) == digest(first)
    cached.close()
    later, reopened = opened(file)
    assert digest(reopened.encode("need", TEXTS)) == digest(first)
    assert later.asked == []
    reopened.close()


def test_cached_vectors_are_those_of_the_encoder(file: Path) -> None:
    _, cached = opened(file)
    for ours, theirs in zip(
        cached.encode("need", TEXTS), LetterEncoder().encode("need", TEXTS), strict=True
    ):
        assert ours.vector.dtype == ours.sentences.dtype == np.float32
        assert np.allclose(ours.vector, theirs.vector, atol=1e-3)
        assert np.allclose(ours.sentences, theirs.sentences, atol=1e-3)
    cached.close()


def test_role_sentences_and_encoder_each_make_another_vector(file: Path) -> None:
    encoder, cached = opened(file)
    cached.encode("need", TEXTS[:1])
    cached.encode("capability", TEXTS[:1])
    cached.encode("need", [Text(TEXTS[0].text, ((0, 2), (2, 8)))])
    assert len(encoder.asked) == 3
    cached.close()
    other, retrained = opened(file, "letters-2")
    retrained.encode("need", TEXTS[:1])
    assert len(other.asked) == 1
    retrained.close()


def test_order_repeats_and_progress(file: Path) -> None:
    encoder, cached = opened(file)
    cached.encode("need", TEXTS[1:3])
    mixed = [TEXTS[0], TEXTS[2], TEXTS[0], TEXTS[1], TEXTS[4], TEXTS[4]]
    done: list[int] = []
    found = cached.encode("need", mixed, done.append)
    assert sum(done) == len(mixed)
    assert len(encoder.asked) == 4
    alone = [LetterEncoder().encode("need", [text])[0] for text in mixed]
    for one, other in zip(found, alone, strict=True):
        assert np.allclose(one.vector, other.vector, atol=1e-3)
    assert cached.encode("need", []) == []
    cached.close()


def test_threads_share_one_cache(file: Path) -> None:
    encoder, cached = opened(file)
    together = threading.Barrier(4)

    def work(_: int) -> str:
        together.wait()
        return digest(cached.encode("need", MANY))

    with ThreadPoolExecutor(4) as threads:
        assert len(set(threads.map(work, range(4)))) == 1
    asked = len(encoder.asked)
    cached.encode("need", MANY)
    assert len(encoder.asked) == asked
    cached.close()


def test_processes_share_one_cache(file: Path) -> None:
    # All of them create the file at the same moment.
    running = [run_python(WORK, str(file)) for _ in range(4)]
    found = [answer(process) for process in running]
    assert len({vectors for vectors, _ in found}) == 1
    encoder, cached = opened(file)
    assert digest(cached.encode("need", MANY)) == found[0][0]
    assert encoder.asked == []
    cached.close()


def test_a_new_file_is_opened_by_several_at_once(tmp_path: Path) -> None:
    # SQLite refuses one of two that change the journal mode together, whatever its timeout.
    def opens(file: Path) -> None:
        together.wait()
        opened(file)[1].close()

    together = threading.Barrier(4)
    with ThreadPoolExecutor(4) as threads:
        for time in range(20):
            list(threads.map(opens, [tmp_path / f"{time}.sqlite"] * 4))


def test_a_file_that_is_no_cache_is_refused_with_the_remedy(file: Path) -> None:
    file.parent.mkdir()
    file.write_text("这不是缓存 " * 1000, encoding="utf-8")
    with pytest.raises(EncoderError) as refused:
        opened(file)
    assert "请删除该文件" in refused.value.zh
    assert "delete the file" in refused.value.en
    assert str(file) in refused.value.en


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("", encoding="utf-8")
    with pytest.raises(EncoderError):
        opened(tmp_path / "home" / "vectors.sqlite")


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_file_that_may_not_be_written_is_still_read(file: Path) -> None:
    _, cached = opened(file)
    expected = digest(cached.encode("need", TEXTS))
    cached.close()
    file.chmod(0o400)
    encoder, reopened = opened(file)
    assert digest(reopened.encode("need", TEXTS)) == expected
    assert encoder.asked == []
    assert len(reopened.encode("need", [whole("新的需求")])) == 1
    reopened.close()


@pytest.mark.parametrize("keep", [4096, 0.5])
def test_a_damaged_cache_costs_time_and_no_result(file: Path, keep: float) -> None:
    _, cached = opened(file)
    expected = digest(cached.encode("need", MANY))
    cached.close()
    whole_file = file.read_bytes()
    size = int(keep if keep > 1 else len(whole_file) * keep)
    # The first page stays: it says that this is a database and which tables it has.
    file.write_bytes(whole_file[:size] + b"\x5a" * (len(whole_file) - size))
    encoder, reopened = opened(file)
    assert digest(reopened.encode("need", MANY)) == expected
    assert encoder.asked
    reopened.close()


@pytest.mark.parametrize("value", [b"", b"\x00\x3c", b"\x00" * 129])
def test_a_vector_of_the_wrong_size_is_encoded_again(file: Path, value: bytes) -> None:
    _, cached = opened(file)
    expected = digest(cached.encode("need", TEXTS))
    cached.close()
    with sqlite3.connect(file) as database:
        database.execute("UPDATE vectors SET value = ?", (value,))
    database.close()
    encoder, reopened = opened(file)
    assert digest(reopened.encode("need", TEXTS)) == expected
    assert len(encoder.asked) == len(TEXTS)
    reopened.close()


def test_a_locked_cache_costs_time_and_no_result(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cache, "PATIENCE", 0.2)
    _, cached = opened(file)
    cached.encode("need", TEXTS[:2])
    holder = sqlite3.connect(file, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    encoder = LetterEncoder()
    second = CachedEncoder(encoder, file)
    found = second.encode("need", TEXTS)
    holder.execute("ROLLBACK")
    holder.close()
    assert len(encoder.asked) == len(TEXTS) - 2
    assert digest(found) == digest(second.encode("need", TEXTS))
    second.close()
    cached.close()
