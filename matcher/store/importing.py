"""Take what was read from a file into the store, all of it or nothing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from types import MappingProxyType
from typing import Any, Literal

from sqlalchemy import insert, select
from sqlalchemy.orm import Session

from matcher import records
from matcher.errors import InputError
from matcher.ingest import Batch
from matcher.results import Rejection
from matcher.store.audit import log
from matcher.store.columns import utcnow
from matcher.store.editing import Codes, model_of
from matcher.store.models import Capability, Import, ImportChange, Need, Organisation, User
from matcher.store.models.offers import columns_of
from matcher.store.parties import Parties
from matcher.store.revision import next_revision

AnyBatch = Batch[records.Need] | Batch[records.Capability]
#: What to do with a record whose id is in the store already.
Existing = Literal["skip", "update", "new"]
_CHUNK = 500
_EXISTS = (
    "编号已在库中，内容不同，没有导入；如要更新，请选择“更新已有记录”。",
    "The id is in the store already with other content, and was not imported: choose to update "
    "existing records to replace it.",
)
_NOT_YOURS = (
    "编号已在库中，属于另一个单位，没有导入；请换一个编号。",
    "The id is in the store already and belongs to another organisation; it was not imported: "
    "choose another id.",
)
_TWICE = (
    "编号在文件中重复，只导入了第一条。",
    "The id occurs twice in the file; only the first record was imported.",
)


@dataclass
class _Plan:
    """What an import will do, before it does it."""

    fresh: list[records.Offer] = field(default_factory=list)
    updates: list[tuple[Need | Capability, records.Offer]] = field(default_factory=list)
    unchanged: int = 0
    refused: list[Rejection] = field(default_factory=list)


def import_records(
    session: Session, batch: AnyBatch, user: User | None, file: str,
    existing: Existing = "skip", owner: Organisation | None = None,
    doubles: Mapping[str, str] = MappingProxyType({}),
) -> Import:  # fmt: skip
    """Add the records of a file in this transaction.

    Parameters
    ----------
    batch
        What ``matcher.ingest`` read.
    file
        The name to show for it, without folders.
    existing
        For an id that is in the store already: ``skip`` it and list it as rejected (unless its
        content is the same), ``update`` it unless it has another owner, or take every record
        as ``new`` under a new id. Ids that name nothing outside the file (``Batch.unnamed``) are
        always replaced by new ones.
    owner
        Who owns all of it, whatever the file says; None: whom the file says.
    doubles
        New records that are left out and listed as rejected, because they say the same as
        another one (``matcher.store.doubles``): id → what it is the same as.

    Returns the import with its counts. Undo it with ``matcher.store.undoing``. Raises InputError
    for a file without any record.
    """
    if not batch.records:
        raise InputError(
            f"{file} 中没有可以导入的记录，没有任何改动。请查看未读入的行和原因。",
            f"{file} holds no record that could be imported, and nothing was changed: see the "
            "rows that were not read and why.",
        )
    revision, kind = next_revision(session), batch.records[0].record
    row = Import(
        created_by_id=user.id if user else None, file=re.split(r"[\\/]", file)[-1], kind=kind,
        data_revision=batch.revision, created_count=0, updated_count=0, unchanged_count=0,
        skipped_count=0, rejections=[], warnings=[asdict(note) for note in batch.warnings],
    )  # fmt: skip
    session.add(row)
    session.flush()
    owners = _Owners(session, batch.records, row.id, owner)
    plan = _plan(session, batch, kind, existing, owners, row.file, doubles)
    _update(session, plan.updates, row.id, user, owners)
    _insert(session, plan.fresh, row.id, user, owners, revision)
    owners.remember(session, row.id)
    row.created_count, row.updated_count = len(plan.fresh), len(plan.updates)
    row.unchanged_count, row.skipped_count = plan.unchanged, len(plan.refused)
    row.rejections = [asdict(note) for note in (*batch.rejections, *plan.refused)]
    log(
        session, user, "import", row, kind=kind, created=row.created_count,
        updated=row.updated_count, unchanged=row.unchanged_count, skipped=row.skipped_count,
    )  # fmt: skip
    session.flush()
    return row


def imported_before(session: Session, batch: AnyBatch) -> Import | None:
    """Return an import of the very same records that was not undone, to ask before repeating it."""
    query = (
        select(Import)
        .where(Import.data_revision == batch.revision, Import.undone_at.is_(None))
        .order_by(Import.id.desc())
        .limit(1)
    )
    return session.scalar(query)


class _Owners:
    """The organisations of a file's records."""

    def __init__(
        self, session: Session, offers: Sequence[records.Offer], import_id: int,
        fixed: Organisation | None,
    ) -> None:  # fmt: skip
        self._fixed = fixed
        named = [r.organisation for r in offers if r.organisation] if fixed is None else []
        self._parties = Parties(session, named, import_id)
        for record in named:
            self._parties.resolve(record)
        # Ids for all new ones at once.
        session.flush()
        self._records: dict[int, records.Organisation] = {}

    def of(self, record: records.Offer) -> Organisation | None:
        if self._fixed is not None or record.organisation is None:
            return self._fixed
        return self._parties.resolve(record.organisation)

    def somebody_elses(self, row: Need | Capability, record: records.Offer) -> bool:
        """Tell whether a record of the store has another owner than its namesake in the file."""
        owner = self.of(record)
        if row.organisation_id is None:
            return self._fixed is not None
        return owner is not None and owner.id != row.organisation_id

    def record_of(self, owner: Organisation | None) -> records.Organisation | None:
        if owner is None:
            return None
        if owner.id not in self._records:
            self._records[owner.id] = owner.to_record()
        return self._records[owner.id]

    def remember(self, session: Session, import_id: int) -> None:
        """Keep what the organisations were before facts were added to them."""
        for row, before in self._parties.before.items():
            session.add(
                ImportChange(
                    import_id=import_id, kind="organisation", record_id=row.id,
                    version=row.version, before=before.model_dump(mode="json"),
                )
            )  # fmt: skip


def _plan(
    session: Session, batch: AnyBatch, kind: str, existing: Existing, owners: _Owners, file: str,
    doubles: Mapping[str, str],
) -> _Plan:  # fmt: skip
    plan = _Plan()
    offers = list(_once(batch.records, plan, file))
    kept = [r.id for r in offers if existing != "new" and r.id not in batch.unnamed]
    codes, known = Codes(session, kind, frozenset(kept)), _known(session, kind, kept)
    keeps_id = frozenset(kept)
    for record in offers:
        row = known.get(record.id)
        if row is None and record.id in doubles:
            plan.refused.append(_same_as(record, file, doubles[record.id]))
        elif record.id not in keeps_id:
            plan.fresh.append(record.model_copy(update={"id": codes.next()}))
        elif row is None:
            plan.fresh.append(record)
        elif owners.somebody_elses(row, record):
            plan.refused.append(_refusal(record, file, _NOT_YOURS))
        elif _same(row, record, owners):
            plan.unchanged += 1
        elif existing == "skip":
            plan.refused.append(_refusal(record, file, _EXISTS))
        else:
            plan.updates.append((row, record))
    return plan


def _once(
    offers: Iterable[records.Offer], plan: _Plan, file: str
) -> Iterator[records.Offer]:  # fmt: skip
    seen: set[str] = set()
    for record in offers:
        if record.id in seen:
            plan.refused.append(_refusal(record, file, _TWICE))
        else:
            seen.add(record.id)
            yield record


def _known(session: Session, kind: str, codes: list[str]) -> dict[str, Need | Capability]:
    model = model_of(kind)
    found: dict[str, Need | Capability] = {}
    for start in range(0, len(codes), _CHUNK):
        wanted = model.code.in_(codes[start : start + _CHUNK])
        rows: Any = session.scalars(select(model).where(wanted)).unique()
        found.update((row.code, row) for row in rows)
    return found


def _same(row: Need | Capability, record: records.Offer, owners: _Owners) -> bool:
    owner = owners.of(record)
    if owner is not None and row.organisation_id is None:
        return False
    content = columns_of(record, owners.record_of(owner or row.organisation))
    return all(getattr(row, name) == value for name, value in content.items())


def _refusal(record: records.Offer, file: str, reason: tuple[str, str]) -> Rejection:
    return Rejection(file, "", 0, "id", *reason, record.id)


def _same_as(record: records.Offer, file: str, other: str) -> Rejection:
    reason = (
        f"内容与 {other} 相同，按您的选择没有导入。",
        f"It says the same as {other} and was left out, as you chose.",
    )
    return replace(_refusal(record, file, reason), column="", value=record.title or record.id)


def _update(
    session: Session, updates: list[tuple[Need | Capability, records.Offer]], import_id: int,
    user: User | None, owners: _Owners,
) -> None:  # fmt: skip
    changes = []
    for row, record in updates:
        before = row.to_record().model_dump(mode="json", exclude={"organisation"})
        row.organisation = owners.of(record) or row.organisation
        row.take(record)
        row.updated_by_id = user.id if user else None
        changes.append((row, before))
    session.flush()
    for row, before in changes:
        session.add(
            ImportChange(
                import_id=import_id, kind=row.record_class.record, record_id=row.id,
                version=row.version, before=before,
            )
        )  # fmt: skip


def _insert(
    session: Session, fresh: list[records.Offer], import_id: int, user: User | None,
    owners: _Owners, revision: int,
) -> None:  # fmt: skip
    if not fresh:
        return
    now = utcnow()
    shared: dict[str, Any] = {
        "version": 1, "changed_at_revision": revision, "import_id": import_id,
        "created_at": now, "updated_at": now, "created_by_id": user.id if user else None,
        "updated_by_id": user.id if user else None,
    }  # fmt: skip
    model = model_of(fresh[0].record)
    for start in range(0, len(fresh), _CHUNK):
        rows = []
        for record in fresh[start : start + _CHUNK]:
            owner = owners.of(record)
            content = columns_of(record, owners.record_of(owner))
            rows.append({**content, **shared, "organisation_id": owner.id if owner else None})
        # Without it, rows are sorted by which columns are empty and sent one by one.
        session.execute(insert(model), rows, execution_options={"render_nulls": True})
