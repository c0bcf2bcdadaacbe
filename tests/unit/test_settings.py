"""Settings: environment over file over default, and no misspelt name passes unnoticed."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path

import pytest

from matcher import settings
from matcher.errors import EncoderError, IndexFormatError, InputError, MatcherError
from matcher.plan.model import OutOfTime
from matcher.store.errors import EditConflict


@pytest.fixture(autouse=True)
def _empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def write(text: str, name: str = "alleymatch.toml") -> None:
    Path(name).write_text(text, encoding="utf-8")


def refused(environ: dict[str, str]) -> InputError:
    with pytest.raises(InputError) as error:
        settings.load(environ)
    assert error.value.zh != error.value.en
    return error.value


def test_without_anything_set_the_defaults_hold() -> None:
    values = settings.load({"PATH": "/bin", "HOME": "/"})
    assert values == {name: item.default for name, item in settings.REGISTRY.items()}


def test_the_environment_wins_over_the_file() -> None:
    write('top = 3\nlang = "en"\n')
    assert settings.load({})["top"] == 3
    values = settings.load({"ALLEYMATCH_TOP": "7"})
    assert (values["top"], values["lang"]) == (7, "en")


def test_the_file_can_lie_elsewhere() -> None:
    write('encoder = "模型/示例"', "其他.toml")
    assert settings.load({"ALLEYMATCH_CONFIG": "其他.toml"})["encoder"] == "模型/示例"
    assert "没有.toml" in refused({"ALLEYMATCH_CONFIG": "没有.toml"}).zh


def test_a_file_saved_by_a_windows_editor_is_read() -> None:
    write("\ufefftop = 4\r\n")
    assert settings.load({})["top"] == 4


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    error = refused({"ALLEYMATCH_TOPP": "3"})
    assert "ALLEYMATCH_TOPP" in error.zh
    assert "threads" in error.en
    write("topp = 3")
    assert "topp" in refused({}).en


@pytest.mark.parametrize("value", ["many", "", "3.5", "十"])
def test_a_number_that_is_none_is_refused(value: str) -> None:
    assert "整数" in refused({"ALLEYMATCH_TOP": value}).zh


@pytest.mark.parametrize(("name", "value"), [("THREADS", "-1"), ("TOP", "0"), ("TOP", "-5")])
def test_a_number_out_of_range_is_refused(name: str, value: str) -> None:
    error = refused({f"ALLEYMATCH_{name}": value})
    assert name.lower() in error.zh
    assert value in error.en


def test_a_language_without_labels_is_refused() -> None:
    assert "zh 或 en" in refused({"ALLEYMATCH_LANG": "fr"}).zh


@pytest.mark.parametrize("text", ["top = ", "= 3", "[["])
def test_a_damaged_file_is_refused_with_its_name(text: str) -> None:
    write(text)
    assert "alleymatch.toml" in refused({}).zh


def test_a_file_in_another_encoding_is_refused() -> None:
    Path("alleymatch.toml").write_bytes('encoder = "模型"'.encode("gbk"))
    assert "alleymatch.toml" in refused({}).en


def test_the_home_folder_is_the_named_one_or_the_users_cache(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ALLEYMATCH_HOME", "缓存")
    assert settings.home() == Path("缓存")
    monkeypatch.setenv("ALLEYMATCH_HOME", "")
    assert settings.home().name == "alleymatch"


def test_every_setting_is_explained_in_both_languages() -> None:
    assert all(item.help_zh and item.help_en for item in settings.REGISTRY.values())


@pytest.mark.parametrize("kind", [MatcherError, InputError, EncoderError, IndexFormatError])
def test_an_error_speaks_both_languages(kind: type[MatcherError]) -> None:
    error = kind("第 3 行缺少名称。", "Row 3 has no title.")
    assert isinstance(error, MatcherError)
    assert (error.message(), error.message("en")) == ("第 3 行缺少名称。", "Row 3 has no title.")
    assert str(error) == "Row 3 has no title."


@pytest.mark.parametrize(
    "error",
    [
        InputError("第 3 行缺少名称。", "Row 3 has no title."),
        OutOfTime(60),
        EditConflict("N1", None, 2, "示例", datetime(2026, 11, 26, tzinfo=UTC)),
    ],
)
def test_an_error_comes_back_whole_from_another_process(error: MatcherError) -> None:
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is type(error)
    assert (str(again), vars(again)) == (str(error), vars(error))
