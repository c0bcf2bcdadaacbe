"""Errors that are safe to show to a user: what is wrong, where, and what to do."""

from __future__ import annotations

import errno
from typing import Any


class MatcherError(Exception):
    """A problem that the user can act on; its text is a full sentence in Chinese and English.

    Parameters
    ----------
    zh, en
        The same sentence in both languages: what is wrong, where, and what to do about it.
    """

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en

    def __reduce__(self) -> tuple[Any, ...]:
        # Made anew without ``__init__``, whose arguments differ from one error to another.
        return type(self).__new__, (type(self), *self.args), vars(self)

    def message(self, lang: str = "zh") -> str:
        """Return the sentence in ``lang`` (``zh`` or ``en``)."""
        return self.en if lang == "en" else self.zh


class InputError(MatcherError):
    """A file, a row or an option that cannot be read as it stands."""


class EncoderError(MatcherError):
    """The encoder is missing, not prepared, or not the one an index was built with."""


class IndexFormatError(MatcherError):
    """An index folder is incomplete, of another version, or built from other data."""


def is_full(error: BaseException) -> bool:
    """Tell whether a disk or a quota has no room left."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
