"""Find partners among what the store holds now, for somebody with his own view of it.

The published records of each role are kept encoded. Three kinds of layers are searched and their
answers joined on the one scale of probabilities:

- *base*: everything that is published, public or anonymous, at the time it was built;
- *fresh*: what changed since, so that an edit is found within a second while the base of a large
  store is built anew in the background;
- *own*: private records, one layer an organisation and one for the office, so that what somebody
  may not see moves nothing in his answer, not even a probability.

Whatever is found is checked against the store again before it is shown: in the version that was
indexed, published, and visible to who asks. A copy that lags behind can miss something for a
moment; it cannot leak.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from sqlalchemy import Select
from sqlalchemy.orm import Session

from matcher.encode.base import Encoder, Role
from matcher.engine import Matcher
from matcher.records import Offer
from matcher.results import Excluded, Match, MatchList
from matcher.store.models import Capability, Need
from matcher.store.viewers import Viewer, visible
from web.layers import Hit, Layer
from web.live import LiveIndex, State

if TYPE_CHECKING:
    from matcher.store import Store


@dataclass(frozen=True)
class Found:
    """What a search gave: the list as the engine made it, and the row ids of its partners.

    ``row_ids`` are in the order of ``matches`` and then ``below`` of the list; empty without a
    store.
    """

    found: MatchList
    row_ids: tuple[int, ...] = ()
    matcher: Matcher | None = field(default=None, repr=False)


class Search(Protocol):
    """What the pages need of it."""

    def find(
        self, query: Offer | str, viewer: Viewer, wanted: Role, top: int, lang: str
    ) -> Found: ...

    def count(self, wanted: Role) -> int: ...

    def wake(self) -> None: ...

    def rebuild(self) -> None: ...

    def state(self) -> State: ...

    def stop(self) -> None: ...


class FixedSearch:
    """Searches a file's records, without a store: ``matcher serve --in FILE``."""

    def __init__(self, matcher: Matcher) -> None:
        self._matcher = matcher

    def find(self, query: Offer | str, viewer: Viewer, wanted: Role, top: int, lang: str) -> Found:
        """Return the partners in the file; ``viewer`` and ``wanted`` make no difference."""
        if not isinstance(query, str):
            query = "\n".join(text for _, text in query.passages)
        return Found(self._matcher.match(query, top), matcher=self._matcher)

    def count(self, wanted: Role) -> int:
        """Return how many records can be found."""
        if wanted != self._matcher.targets.role:
            return 0
        return sum(r.confidentiality != "private" for r in self._matcher.targets.records)

    def wake(self) -> None:
        """Do nothing: a file does not change."""

    def rebuild(self) -> None:
        """Do nothing: a file does not change."""

    def state(self) -> State:
        """Return that everything is there."""
        return State(ready=True)

    def stop(self) -> None:
        """Do nothing: there is no thread."""


class Searcher:
    """Searches the store.

    Parameters
    ----------
    store
        The database.
    encoder
        By default the prepared one with its cache.
    """

    def __init__(self, store: Store, encoder: Encoder | None = None) -> None:
        from matcher.encode import open_encoder

        self._store = store
        self.index = LiveIndex(store, encoder or open_encoder())

    def start(self) -> Searcher:
        """Begin to read the store; ``find`` waits for the first index."""
        self.index.start()
        return self

    def stop(self) -> None:
        """Stop following the store."""
        self.index.stop()

    def wake(self) -> None:
        """Look for changes now instead of within a second."""
        self.index.wake()

    def rebuild(self) -> None:
        """Build the index anew while the present one goes on answering."""
        self.index.rebuild()

    def state(self) -> State:
        """Return how the index and its encoder stand."""
        return self.index.state()

    def settle(self, seconds: float = 30.0) -> None:
        """Wait until everything that is committed now can be found; for tests and scripts."""
        self.index.settle(seconds)

    def count(self, wanted: Role) -> int:
        """Return how many published records everybody can find."""
        return self.index.count(wanted)

    def find(self, query: Offer | str, viewer: Viewer, wanted: Role, top: int, lang: str) -> Found:
        """Return partners for a text or a record, best first.

        ``wanted`` is the role of the partners. Raises EncoderError while the first index is made.
        """
        side = self.index.side(wanted)
        layers: list[tuple[Layer, Iterable[int]]] = [(side.base, side.stale)]
        if side.fresh is not None:
            layers.append((side.fresh, ()))
        own = self.index.own_layer(wanted, side, viewer)
        if own is not None:
            layers.append((own, ()))
        hits: list[Hit] = []
        told: list[tuple[tuple[Excluded, ...], str]] = []
        for layer, skip in layers:
            found, excluded, reason = layer.find(query, top, lang, skip)
            hits += found
            told.append((excluded, reason))
        with self._store.reading() as session:
            hits = _still_there(session, hits, wanted, viewer)
        hits.sort(key=_order)
        hits = hits[:top]
        matches = tuple(replace(hit.match, rank=i) for i, hit in enumerate(hits, start=1))
        asked = _asked(matches, query, wanted)
        listed = _listed(asked, matches, told[0], side.base.matcher)
        return Found(listed, tuple(hit.item.row_id for hit in hits), side.base.matcher)


def _still_there(session: Session, hits: Sequence[Hit], wanted: Role, viewer: Viewer) -> list[Hit]:
    """Keep what the store shows this viewer in the very version that was indexed."""
    ids = [hit.item.row_id for hit in hits]
    if not ids:
        return []
    # Spelled out, because the two tables are different types.
    if wanted == "need":
        known = _indexed(session, Need, visible(Need, viewer), ids)
    else:
        known = _indexed(session, Capability, visible(Capability, viewer), ids)
    kept: dict[int, Hit] = {}
    for hit in hits:
        indexed = (hit.item.version, hit.item.record.confidentiality)
        if known.get(hit.item.row_id) == indexed:
            kept.setdefault(hit.item.row_id, hit)
    return list(kept.values())


def _indexed(
    session: Session, model: type[Need] | type[Capability], seen: Select[Any], ids: Sequence[int]
) -> dict[int, tuple[int, str]]:
    """Return version and confidentiality of the published rows among those that are seen."""
    query = seen.with_only_columns(model.id, model.version, model.confidentiality)
    query = query.where(model.id.in_(ids), model.status == "published")
    return {row[0]: (row[1], row[2]) for row in session.execute(query)}


def _order(hit: Hit) -> tuple[float, float, int]:
    return -(hit.match.probability or 0.0), -hit.match.score, hit.item.row_id


def _asked(matches: Sequence[Match], query: Offer | str, wanted: Role) -> Offer:
    if matches:
        return matches[0].capability if wanted == "need" else matches[0].need
    if not isinstance(query, str):
        return query
    from matcher import records

    text = query.strip() or "-"
    if wanted == "need":
        return records.Capability(id="-", summary=text)
    return records.Need(id="-", problem=text, kind="partner")


def _listed(
    asked: Offer, matches: tuple[Match, ...], told: tuple[tuple[Excluded, ...], str],
    matcher: Matcher,
) -> MatchList:  # fmt: skip
    excluded, reason = told
    if not matches:
        return MatchList(asked, (), excluded, reason or "no_common_ground")
    listed = MatchList(asked, matches, excluded)
    calibration = matcher.calibration
    return listed.at(calibration.threshold, calibration.floor) if calibration else listed
