"""Batches: a whole file of needs, or needs on file, matched in the background."""

from __future__ import annotations

from flask import Blueprint, Flask
from flask_babel import lazy_gettext

from web.navigation import Entry

blueprint = Blueprint("batch", __name__)
NAVIGATION = (Entry("batch.jobs", lazy_gettext("Batches")),)
JOBS = {"batch": "web.batch.work:work"}
_KEY = "alleymatch_batch"


def start(app: Flask) -> None:
    """Begin to work on the queue, in one thread."""
    from web.batch.worker import Worker
    from web.database import the_store
    from web.jobs import kinds_of
    from web.stored import data_folder

    with app.app_context():
        worker = Worker(the_store(), data_folder(), kinds_of(app))
    app.extensions[_KEY] = worker
    worker.start()


def stop(app: Flask) -> None:
    """Put the present job back into the queue and end the thread."""
    worker = app.extensions.pop(_KEY, None)
    if worker is not None:
        worker.stop()


from web.batch import views  # noqa: E402, F401
