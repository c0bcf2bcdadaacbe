"""One registry of settings: each has a name, a default and a help text; unknown names are refused.

A value comes from the environment (``ALLEYMATCH_ENCODER``), else from ``alleymatch.toml`` in the
working folder (or the file named by ``ALLEYMATCH_CONFIG``), else, for a ``live`` one, from what the
administrator chose in the browser, else from the default here.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from platformdirs import user_cache_path, user_data_path

from matcher.errors import InputError

PREFIX = "ALLEYMATCH_"


@dataclass(frozen=True)
class Setting:
    """One setting; its type is the type of its default.

    ``live`` ones serve the web application and may be changed in the browser while it runs; a
    ``secret`` one is never shown. ``choices`` are all values there are, ``least`` the smallest
    number.
    """

    name: str
    default: str | int
    help_zh: str
    help_en: str
    live: bool = False
    secret: bool = False
    choices: tuple[str, ...] = ()
    least: int = 0


REGISTRY: Mapping[str, Setting] = {
    setting.name: setting
    for setting in (
        Setting("home", "", "缓存文件夹（编码器和向量）；留空则用系统的用户缓存文件夹",
                "folder for the encoder and the vector cache; empty: the user's cache folder"),
        Setting("database", "",
                "数据库：SQLite 文件路径，或 postgresql+psycopg:// 开头的地址；留空则用"
                "用户数据文件夹中的 alleymatch.sqlite",
                "database: the path of an SQLite file or a postgresql+psycopg:// address; empty: "
                "alleymatch.sqlite in the user's data folder"),
        Setting("encoder", "default", "编码器：default，或 sentence-transformers 模型名或文件夹",
                "encoder: default, or the name or folder of a sentence-transformers model"),
        Setting("threads", 0, "编码用的线程数；0 表示全部核心",
                "threads for encoding; 0 means every core"),
        Setting("lang", "zh", "界面和报告的语言：zh 或 en",
                "language of messages and reports: zh or en", choices=("zh", "en")),
        Setting("top", 10, "每个需求列出的匹配数", "how many matches to list for a need", least=1),
        Setting("consortia", 20, "匹配报告为几项需求试组创新联合体；0 表示不试组",
                "for how many needs the matching report seeks a consortium; 0: for none",
                least=0),
        Setting("capacity", 3, "统筹分配时，没有填写可承接项目数的成果按几个项目计算",
                "how many projects a capability takes in an assignment if it does not say",
                least=0),
        Setting("new_years", 5, "统筹分配时，成立不超过几年的单位算新单位",
                "an organisation counts as new in an assignment for so many years", least=0),
        Setting("open_search", "auto",
                "网页版未登录能否查找：on、off，或 auto（只在本机访问时可以）",
                "whether the web page searches for people who have not signed in: on, off, or auto "
                "(where the page is served to this computer only)",
                live=True, choices=("auto", "on", "off")),
        Setting("trusted_hosts", "",
                "网页版接受的主机名，用逗号分隔；留空：本机访问时只接受本机，否则不限",
                "host names that the web page answers to, separated by commas; empty: this "
                "computer's own names when served to it only, else any"),
        Setting("proxies", 0, "网页版前面有几层反向代理；0 表示没有",
                "how many reverse proxies stand before the web page; 0 means none"),
        Setting("address", "",
                "网页版对外的地址，写进邮件里的链接，如 https://match.example.cn；留空则不发邮件",
                "the web page's own address for links in mails, such as https://match.example.cn; "
                "empty: no mails are sent", live=True),
        Setting("mail_server", "", "发信服务器（SMTP）的主机名；留空则不发邮件",
                "host name of the mail server (SMTP); empty: no mails are sent", live=True),
        Setting("mail_port", 465, "发信服务器的端口：SSL 通常为 465，STARTTLS 为 587，不加密为 25",
                "port of the mail server: usually 465 with SSL, 587 with STARTTLS, 25 without",
                live=True, least=1),
        Setting("mail_security", "ssl", "与发信服务器的连接：ssl、starttls 或 none（仅限内网）",
                "connection to the mail server: ssl, starttls or none (inside an own network only)",
                live=True, choices=("ssl", "starttls", "none")),
        Setting("mail_user", "", "发信服务器的用户名；留空则不登录",
                "user name at the mail server; empty: without signing in", live=True),
        Setting("mail_password", "", "发信服务器的密码或授权码",
                "password at the mail server", live=True, secret=True),
        Setting("mail_sender", "", "发件人邮箱；留空则用 mail_user",
                "the sender's address; empty: mail_user", live=True),
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
    for name, value in values.items():
        check(REGISTRY[name], value)
    return values


def check(setting: Setting, value: str | int) -> None:
    """Raise InputError for a value that a setting cannot have."""
    name = setting.name
    if isinstance(value, int) and value < setting.least:
        raise InputError(
            f"设置 {name} 不能小于 {setting.least}，实际是 {value}。",
            f"The setting {name} cannot be below {setting.least}, and it is {value}.",
        )
    if setting.choices and value not in setting.choices:
        *some, last = setting.choices
        raise InputError(
            f"设置 {name} 只能是 {'、'.join(some)} 或 {last}，实际是“{value}”。",
            f"The setting {name} is {', '.join(some)} or {last}, not “{value}”.",
        )


def typed(setting: Setting, text: str) -> str | int:
    """Return a text as the value of a setting; raises InputError where it cannot be that."""
    value = _typed(setting, text, setting.name)
    check(setting, value)
    return value


def fixed() -> dict[str, str]:
    """Return where settings are fixed from outside: name → ``environment`` or ``file``."""
    found = dict.fromkeys(_from_file(os.environ), "file")
    for variable in os.environ:
        if variable.startswith(PREFIX) and variable != f"{PREFIX}CONFIG":
            found[variable.removeprefix(PREFIX).lower()] = "environment"
    return found


def home() -> Path:
    """Return the folder for the prepared encoder and the vector cache."""
    value = str(load()["home"])
    return Path(value) if value else user_cache_path("alleymatch", appauthor=False)


def database_url() -> str:
    """Return the database to use: the setting, else a file in the named home or the data folder.

    The database is no copy, so it does not lie in the user's cache.
    """
    values = load()
    if values["database"]:
        return str(values["database"])
    return str(data_folder() / "alleymatch.sqlite")


def data_folder() -> Path:
    """Return the folder for what is no copy: the named home, else the user's data folder."""
    value = str(load()["home"])
    return Path(value) if value else user_data_path("alleymatch", appauthor=False)
