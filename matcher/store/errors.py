"""What can go wrong with the database, in sentences."""

from __future__ import annotations

from datetime import datetime

from matcher import clock
from matcher.errors import MatcherError


class StoreError(MatcherError):
    """The database cannot be opened, read, written, backed up or restored as asked."""


class EditConflict(MatcherError):
    """Somebody else changed the record since it was opened; nothing was saved.

    ``current`` is the record as it stands now (a ``matcher.records`` model), ``version`` its
    version, ``changed_by`` and ``changed_at`` (UTC) who changed it and when.
    """

    def __init__(
        self, code: str, current: object, version: int, changed_by: str, changed_at: datetime
    ) -> None:
        when = clock.local(changed_at).strftime("%Y-%m-%d %H:%M")
        super().__init__(
            f"{code} 已被{changed_by or '其他人'}在 {when} 修改，您的修改没有保存。"
            "请对照当前内容后再保存。",
            f"{code} was changed by {changed_by or 'somebody else'} at {when}, and your changes "
            "were not saved: compare them with the present text and save again.",
        )
        self.current = current
        self.version = version
        self.changed_by = changed_by
        self.changed_at = changed_at


def too_large(what: str) -> MatcherError:
    """Return the error for a number that no database column can hold."""
    return StoreError(
        f"{what} 的数值太大，无法保存；请检查单位。",
        f"The number in {what} is too large to be stored: check its unit.",
    )


def taken(name: str) -> StoreError:
    """Return the refusal to overwrite a database that holds something."""
    return StoreError(
        f"数据库 {name} 里已有数据，没有覆盖。确定要用备份替换它，请加 --force（建议先备份）。",
        f"The database {name} holds data and was not overwritten: add --force to replace it by "
        "the backup (and back it up first).",
    )


def damaged(name: str, said: str) -> StoreError:
    """Return the refusal of a file that is no whole backup."""
    return StoreError(
        f"备份文件 {name} 已损坏或不是备份（{said}），没有任何改动。请换一个备份文件。",
        f"The backup {name} is damaged or is no backup ({said}); nothing was changed: use another "
        "one.",
    )
