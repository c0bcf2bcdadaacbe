"""The check of a need before it is published."""

from __future__ import annotations

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.wrappers import Response as Answer

from matcher.diagnosis import Diagnosis, diagnose, find_leaks, mark_up
from matcher.records import Need
from matcher.store import models
from matcher.store.editing import save as store_save
from web.access import allows, current_user_row
from web.database import reading, writing
from web.records import blueprint
from web.records.kinds import name_of
from web.records.pages import EDITORS, editable_row

_MARKS = {"vague": "vague", "no_number": "number", "no_unit": "number"}


@blueprint.get("/needs/<int:number>/diagnosis")
@allows(*EDITORS)
def diagnosis(number: int) -> str:
    return _page(number)


@blueprint.post("/needs/<int:number>/publish")
@allows(*EDITORS)
def publish(number: int) -> Answer | str | tuple[str, int]:
    version = request.form.get("version", "")
    if not (version.isascii() and version.isdecimal() and len(version) < 10):
        abort(400)
    with writing() as session:
        row = editable_row(session, "need", number)
        if row.archived_at is not None:
            abort(400)
        record = row.to_record()
        assert isinstance(record, Need)
        leaking = bool(find_leaks(record))
        if not leaking:
            published = record.model_copy(update={"status": "published"})
            store_save(session, models.Need, number, published, int(version), current_user_row())
    if leaking:
        return _page(number), 400
    flash(_("Published: others can find it now."), "success")
    return redirect(url_for("records.show", kind="need", number=number))


def _page(number: int) -> str:
    row = editable_row(reading(), "need", number)
    record = row.to_record()
    assert isinstance(record, Need)
    found = diagnose(record)
    return render_template(
        "records/diagnosis.html", row=row, record=record, found=found,
        texts=_marked(record, found), name_of=name_of,
    )  # fmt: skip


def _marked(record: Need, found: Diagnosis) -> list[tuple[str, list[tuple[str, str]]]]:
    texts = [*record.passages]
    listed = (("keywords", record.keywords), ("regions", record.regions))
    told = {leak.field for leak in found.leaks}
    texts += [(name, "、".join(values)) for name, values in listed if name in told]
    return [
        (
            name_of("need", name),
            mark_up(
                text,
                [
                    *((item.start, item.end, "leak") for item in found.leaks if item.field == name),
                    *(
                        (item.start, item.end, _MARKS[item.sign])
                        for item in found.findings
                        if item.field == name and item.sign in _MARKS
                    ),
                ],
            ),
        )
        for name, text in texts
    ]
