"""One registry of settings: each has a name, a default and a help text; unknown names are refused.

A value comes from the environment (``ALLEYMATCH_ENCODER``), else from ``alleymatch.toml`` in the
working folder (or the file named by ``ALLEYMATCH_CONFIG``), else from the default here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path

from matcher.errors import InputError

PREFIX = "ALLEYMATCH_"


@dataclass(frozen=True)
class Setting:
    """One setting; its type is the type of its default."""

    name: str
    default: str | int
    help_zh: str
    help_en: str


REGISTRY: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("home", "", "缓存文件夹（编码器和向量）；留空则用系统的用户缓存文件夹",
                "folder for the encoder and the vector cache; empty: the user's cache folder"),
        Setting("encoder", "default", "编码器：default，或 sentence-transformers 模型名或文件夹",
                "encoder: default, or the name or folder of a sentence-transformers model"),
        Setting("threads", 0, "编码用的线程数；0 表示全部核心",
                "threads for encoding; 0 means every core"),
        Setting("lang", "zh", "界面和报告的语言：zh 或 en",
                "language of messages and reports: zh or en"),
        Setting("top", 10, "每个需求列出的匹配数", "how many matches to list for a need"),
    )
}  # fmt: skip


def _unknown(name: str, where: str) -> InputError:
    known = ", ".join(REGISTRY)
    return InputError(
        f"{where} 里的设置 {name} 不存在。可用的设置：{known}。",
        f"There is no setting {name} ({where}). Known settings: {known}.",
    )


def _from_file(environ: Mapping[str, str]) -> dict[str, object]:
    named = environ.get(f"{PREFIX}CONFIG")
    path = Path(named or "alleymatch.toml")
    if not named and not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InputError(
            f"读不了设置文件 {path.name}：{error}。请修正或删除该文件。",
            f"The settings file {path.name} cannot be read ({error}): correct or remove it.",
        ) from error


def _typed(setting: Setting, value: object, where: str) -> str | int:
    if isinstance(setting.default, int):
        try:
            return int(str(value))
        except ValueError:
            raise InputError(
                f"{where} 里的 {setting.name} 应为整数，实际是“{value}”。",
                f"{setting.name} ({where}) should be a whole number, not “{value}”.",
            ) from None
    return str(value)


def load(environ: Mapping[str, str] | None = None) -> dict[str, str | int]:
    """Return every setting by name.

    Raises InputError for an unknown name, a value of the wrong type, or an unreadable file.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, str | int] = {name: item.default for name, item in REGISTRY.items()}
    for name, value in _from_file(environ).items():
        if name not in REGISTRY:
            raise _unknown(name, "alleymatch.toml")
        values[name] = _typed(REGISTRY[name], value, "alleymatch.toml")
    for variable, value in environ.items():
        if not variable.startswith(PREFIX) or variable == f"{PREFIX}CONFIG":
            continue
        name = variable.removeprefix(PREFIX).lower()
        if name not in REGISTRY:
            raise _unknown(variable, "环境变量 / environment")
        values[name] = _typed(REGISTRY[name], value, variable)
    for name, least in (("threads", 0), ("top", 1)):
        if int(values[name]) < least:
            raise InputError(
                f"设置 {name} 不能小于 {least}，实际是 {values[name]}。",
                f"The setting {name} cannot be below {least}, and it is {values[name]}.",
            )
    if values["lang"] not in ("zh", "en"):
        raise InputError(
            f"语言只能是 zh 或 en，实际是“{values['lang']}”。",
            f"The language is zh or en, not “{values['lang']}”.",
        )
    return values


def home() -> Path:
    """Return the folder for the prepared encoder and the vector cache."""
    value = str(load()["home"])
    return Path(value) if value else user_cache_path("alleymatch", appauthor=False)
