"""The work behind the commands: files in, a run with everything that a report says out."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Literal

from matcher import __version__, taxonomy
from matcher.duplicates import near_duplicates
from matcher.encode import open_encoder
from matcher.encode.base import Encoder, Progress
from matcher.engine import Matcher
from matcher.errors import InputError
from matcher.export.privacy import open_duplicates
from matcher.index.collection import EncodedRecords, encode_records
from matcher.index.folder import load_index, save_index
from matcher.ingest import Batch, read, read_capabilities
from matcher.ingest.headers import Names, undecorated
from matcher.ingest.sources import STANDARD_INPUT
from matcher.ingest.tables import R
from matcher.plan.consortium import Consortia
from matcher.plan.proposals import Proposals, propose
from matcher.rank.hub import load_background
from matcher.rank.weights import Weights
from matcher.records import Capability, Need, Offer
from matcher.results import Duplicate, MatchList, Provenance, Rejection, Run

#: Which side asks: for each need its capabilities, or for each capability its needs.
Direction = Literal["needs", "capabilities"]
#: Opens a step of long work, ``encode`` or ``match``, of so many records; gives its progress.
Stage = Callable[[str, int], AbstractContextManager[Progress]]


def silent(name: str, total: int) -> AbstractContextManager[Progress]:
    """Show no progress."""
    return nullcontext(lambda count: None)


@dataclass(frozen=True)
class Request:
    """What to match, and how.

    ``mapping`` is header → field; an entry is used for the file that has such a column.
    ``partner_kinds`` keeps only the capabilities of organisations of these kinds. For ``consortia``
    needs at most a consortium is sought.
    """

    needs: str
    capabilities: str
    top: int = 10
    lang: str = "zh"
    mapping: Mapping[str, str] = field(default_factory=dict)
    encoder: str | None = None
    today: date = field(default_factory=date.today)
    include_private: bool = False
    direction: Direction = "needs"
    partner_kinds: tuple[str, ...] = ()
    consortia: int = 0


@dataclass(frozen=True)
class Outcome:
    """A finished run and how its files were read."""

    run: Run
    needs: Batch[Need]
    capabilities: Batch[Capability]
    #: The needs and the capabilities that took part, encoded.
    encoded: tuple[EncodedRecords, EncodedRecords]
    #: None where none was asked for.
    consortia: Proposals | None = None

    @property
    def rejections(self) -> tuple[Rejection, ...]:
        """The rows that are in no record."""
        return (*self.needs.rejections, *self.capabilities.rejections)

    @property
    def open_duplicates(self) -> tuple[Duplicate, ...]:
        """The duplicates among public records."""
        return open_duplicates(self.run)


def match_files(request: Request, stage: Stage = silent) -> Outcome:
    """Read both files, match every record of the asking side and collect the run.

    Raises MatcherError for files and options that cannot be used; single rows that cannot be
    read are listed in the outcome.
    """
    if request.needs == request.capabilities == STANDARD_INPUT:
        raise InputError(
            "需求和成果不能都从标准输入读取，请至少给出一个文件名。",
            "Needs and capabilities cannot both come from standard input: name one file.",
        )
    needs, capabilities = _read_both(request)
    partners = _of_kinds(capabilities.records, request.partner_kinds)
    encoder = open_encoder(request.encoder)
    with stage("encode", len(needs.records) + len(partners)) as step:
        asks = encode_records("need", needs.records, encoder, step)
        offers = encode_records("capability", partners, encoder, step)
    queries, targets = (asks, offers) if request.direction == "needs" else (offers, asks)
    matcher = Matcher(
        targets.records, encoded=targets, encoder=encoder, lang=request.lang,
        today=request.today, include_private=request.include_private,
    )  # fmt: skip
    lists: list[MatchList] = []
    with stage("match", len(queries.records)) as step:
        for found in matcher.match_all(queries.records, request.top):
            lists.append(found)
            step(1)
    background = load_background(encoder.fingerprint)
    batches: tuple[Batch[Need] | Batch[Capability], ...] = (needs, capabilities)
    run = Run(
        lists=tuple(lists),
        provenance=provenance(matcher, [batch.revision for batch in batches]),
        needs_file=request.needs,
        capabilities_file=request.capabilities,
        rejections=tuple(
            item for batch in batches for item in (*batch.rejections, *batch.warnings)
        ),
        duplicates=(
            *near_duplicates(asks, background, needs.duplicates),
            *near_duplicates(offers, background, _among(offers.records, capabilities.duplicates)),
        ),
        need_count=len(needs.records),
        capability_count=len(partners),
        records=(*needs.records, *partners),
    )
    proposed = None
    if request.consortia and request.direction == "needs":
        with stage("consortia", request.consortia) as step:
            proposed = propose(lists, Consortia.of(matcher), request.consortia, step)
    return Outcome(run, needs, capabilities, (asks, offers), proposed)


def provenance(matcher: Matcher, revisions: Iterable[str]) -> Provenance:
    """Return what a run of ``matcher`` over data of these revisions is made from."""
    revision = hashlib.sha256("\n".join(revisions).encode()).hexdigest()[:16]
    return Provenance(
        version=__version__,
        data_revision=revision,
        encoder=matcher.encoder.name,
        encoder_fingerprint=matcher.encoder.fingerprint,
        weights=matcher.weights.version,
        date=matcher.today.isoformat(),
        calibration=matcher.calibration.version if matcher.calibration else "",
    )


def search(matcher: Matcher, text: str, top: int = 5) -> Run:
    """Match one text as a person would type it."""
    found = matcher.match(text, top)
    count = len(matcher.targets.records)
    return Run(
        (found,), provenance(matcher, ()), need_count=1, capability_count=count,
        records=matcher.targets.records,
    )  # fmt: skip


def open_matcher(
    capabilities: str | None = None, index: Path | None = None, *, encoder: str | None = None,
    kind: str | None = None, lang: str = "zh", stage: Stage = silent,
    unread: Callable[[int], None] | None = None, weights: Weights | None = None,
    today: date | None = None, include_private: bool = False,
) -> Matcher:  # fmt: skip
    """Return a Matcher over a file of capabilities or over a saved index.

    ``kind`` keeps one kind of capability; ``weights``, ``today`` and ``include_private`` are as for
    ``Matcher``. Raises MatcherError; rows that cannot be read are passed over, ``unread`` is called
    with their number, and ``matcher check`` lists them.
    """
    if capabilities is not None and index is not None:
        raise InputError(
            "--in（成果文件）和 --index（索引文件夹）只能给出一个，请去掉其中一个。",
            "--in (a file) and --index (an index folder) cannot both be given: leave one out.",
        )
    opened = open_encoder(encoder)
    if index is not None:
        targets, _ = load_index(index, opened.fingerprint)
    elif capabilities is not None:
        batch = read_capabilities(capabilities)
        if unread is not None and batch.rejections:
            unread(len(batch.rejections))
        targets = _encode(batch.records, opened, stage)
    else:
        raise InputError(
            "请用 --in 指定成果文件，或用 --index 指定索引文件夹。",
            "Name a file of capabilities with --in, or an index folder with --index.",
        )
    if kind is not None:
        code = _code("capability_kinds", kind)
        targets = targets.subset([r.kind == code for r in targets.records])
    return Matcher(
        targets.records, encoded=targets, encoder=opened, lang=lang, weights=weights,
        today=today, include_private=include_private,
    )  # fmt: skip


def build_index(
    capabilities: str, folder: Path, *, mapping: Mapping[str, str] | None = None,
    encoder: str | None = None, stage: Stage = silent,
) -> Batch[Capability]:  # fmt: skip
    """Encode a file of capabilities and save the index; returns how the file was read."""
    opened = open_encoder(encoder)
    batch = read_capabilities(capabilities, mapping=mapping)
    targets = _encode(batch.records, opened, stage)
    save_index(targets, opened.fingerprint, batch.revision, folder)
    return batch


def own_mapping(
    path: str, record_class: type[R], mapping: Mapping[str, str]
) -> dict[str, str]:  # fmt: skip
    """Return the entries of a column mapping that are meant for this file.

    An entry is, if this kind of record has the field and the file has the column. Standard input
    cannot be read twice, and a file without any known column shows none: all entries with a
    fitting field are then kept.
    """
    fitting = {h: name for h, name in mapping.items() if _has_field(record_class, name)}
    if not fitting or path == STANDARD_INPUT:
        return fitting
    try:
        columns = [column.header for column in read(path, record_class).mapping]
    except InputError:
        return fitting
    known = {taxonomy.fold(text) for name in columns for text in (name, undecorated(name))}
    return {h: name for h, name in fitting.items() if taxonomy.fold(h) in known}


def _read_both(request: Request) -> tuple[Batch[Need], Batch[Capability]]:
    asked, offered = dict(request.mapping), dict(request.mapping)
    if request.mapping:
        asked = own_mapping(request.needs, Need, request.mapping)
        offered = own_mapping(request.capabilities, Capability, request.mapping)
        for header in {*request.mapping} - {*asked} - {*offered}:
            # Nowhere to be found: reading then says so, and what there is.
            name = request.mapping[header]
            used = asked if _has_field(Need, name) or not _has_field(Capability, name) else offered
            used[header] = name
    try:
        needs = read(request.needs, Need, mapping=asked)
        capabilities = read(request.capabilities, Capability, mapping=offered)
    except InputError:
        _refuse_swapped(request)
        raise
    if not _titled(needs) and not _titled(capabilities):
        _refuse_swapped(request)
    return needs, capabilities


def _refuse_swapped(request: Request) -> None:
    if _reads(request.capabilities, Need) and _reads(request.needs, Capability):
        raise InputError(
            "两个文件好像放反了：先写需求文件，再写成果文件。",
            "The two files seem to be in the wrong order: needs come first, then capabilities.",
        )


def _titled(batch: Batch[R]) -> bool:
    return any(column.field == "title" for column in batch.mapping)


def _reads(path: str, record_class: type[Need] | type[Capability]) -> bool:
    if path == STANDARD_INPUT:
        return False
    try:
        return _titled(read(path, record_class))
    except InputError:
        return False


def _has_field(record_class: type[R], name: str) -> bool:
    try:
        Names(record_class, {"-": name})
    except InputError:
        return False
    return True


def _of_kinds(records: Sequence[Capability], kinds: Sequence[str]) -> tuple[Capability, ...]:
    if not kinds:
        return tuple(records)
    codes = {_code("organisation_kinds", kind) for kind in kinds}
    chosen = tuple(r for r in records if r.organisation and r.organisation.kind in codes)
    if records and not chosen:
        raise InputError(
            "没有一项成果的单位属于 --partner-kind 要求的类型。"
            "请检查成果文件里有没有“单位类型”一列。",
            "No capability belongs to an organisation of the kinds in --partner-kind: check that "
            "the file of capabilities has a column for the kind of organisation.",
        )
    return chosen


def _code(table: str, name: str) -> str:
    code = taxonomy.code_of(table, name)
    if code is None:
        zh = "、".join(f"{term.code}（{term.zh}）" for term in taxonomy.terms(table).values())
        en = ", ".join(taxonomy.terms(table))
        raise InputError(
            f"没有“{name}”这个类型；可用的类型：{zh}。",
            f"There is no kind “{name}”; use one of: {en}.",
        )
    return code


def _among(records: Sequence[Offer], found: Iterable[Duplicate]) -> tuple[Duplicate, ...]:
    ids = {record.id for record in records}
    return tuple(pair for pair in found if {pair.first_id, pair.second_id} <= ids)


def _encode(records: Sequence[Offer], encoder: Encoder, stage: Stage) -> EncodedRecords:
    with stage("encode", len(records)) as step:
        return encode_records("capability", records, encoder, step)
