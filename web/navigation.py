"""The bar at the top: what each part of the application adds to it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import Flask, current_app, request

from web.access import current_actor, may_visit


@dataclass(frozen=True)
class Entry:
    """One link: ``label`` is a ``lazy_gettext``; shown to those who may call the endpoint.

    ``paths`` are what the addresses of its pages begin with, where the blueprint says too little;
    with ``roles`` it stands in the bar for these only, others come there from another page.
    """

    endpoint: str
    label: Any
    paths: tuple[str, ...] = ()
    roles: frozenset[str] = frozenset()

    @property
    def current(self) -> bool:
        """Whether the page that is shown belongs to this link."""
        if self.paths:
            return f"{request.path}/".startswith(tuple(f"{path}/" for path in self.paths))
        if request.blueprint is None:
            return False
        same = self.endpoint.split(".")[0] == request.blueprint
        return self.endpoint == request.endpoint if _shared(self) else same


def add(app: Flask, entries: Iterable[Entry]) -> None:
    """Add the links of one part."""
    app.extensions.setdefault("alleymatch_navigation", []).extend(entries)


def entries() -> list[Entry]:
    """Return the links for who asks."""
    found: list[Entry] = current_app.extensions.get("alleymatch_navigation", [])
    held = current_actor().roles
    return [
        entry
        for entry in found
        if may_visit(entry.endpoint) and (not entry.roles or held & entry.roles)
    ]


def _shared(entry: Entry) -> bool:
    """Whether another link leads to the same blueprint, so that the blueprint says too little."""
    name = entry.endpoint.split(".")[0]
    found: list[Entry] = current_app.extensions["alleymatch_navigation"]
    return sum(other.endpoint.split(".")[0] == name for other in found) > 1
