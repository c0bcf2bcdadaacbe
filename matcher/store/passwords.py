"""Which passwords are taken, on the pages and on the command line alike."""

from __future__ import annotations

from collections.abc import Iterable

from matcher.errors import InputError

SHORTEST = 10
#: A password of fewer different characters is guessed at once.
_DIFFERENT = 5
#: What fingers and children say in order; backwards too.
_ROWS = ("01234567890", "abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_NEXT = frozenset(
    pair
    for row in _ROWS
    for way in (row, row[::-1])
    for pair in (way[at : at + 2] for at in range(len(way) - 1))
)


def check_password(text: str, names: Iterable[str | None] = ()) -> None:
    """Raise InputError for a password that is short, soon guessed, or one of the user's names."""
    if len(text) < SHORTEST:
        raise InputError(
            f"密码至少需要 {SHORTEST} 个字符。",
            f"The password needs at least {SHORTEST} characters.",
        )
    if len(set(text)) < _DIFFERENT:
        raise InputError("密码中不同的字符太少。", "The password repeats too few characters.")
    if _is_run(text):
        raise InputError(
            "密码几乎只是按顺序排列的字符（如 1234567890、qwertyuiop），请换一个更难猜的。",
            "The password is little more than keys in their order, such as 1234567890 or "
            "qwertyuiop: choose one that is harder to guess.",
        )
    if text.casefold() in {name.casefold() for name in names if name}:
        raise InputError(
            "密码不能与用户名、姓名或邮箱相同。",
            "The password must not be the user name or the e-mail address.",
        )


def _is_run(text: str) -> bool:
    """Tell whether a password is 1234567890, qwertyuiop and the like, or such ones repeated."""
    folded = text.casefold()
    starts = {
        now
        for before, now in zip(" " + folded, folded, strict=False)
        if before != now and before + now not in _NEXT
    }
    return len(starts) < _DIFFERENT
