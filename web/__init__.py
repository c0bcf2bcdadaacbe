"""The web application: posting, searching, matching and deciding, over one database.

How it is put together, for whoever adds a part:

- One folder a blueprint: ``web/records/`` has ``__init__.py`` with ``blueprint`` (a Flask
  ``Blueprint`` called ``records``) and, for the bar at the top, ``NAVIGATION`` (a tuple of
  ``web.navigation.Entry``); ``views.py``; ``forms.py`` where there are forms (Flask-WTF). Its
  templates are ``web/templates/records/``. It is listed in ``BLUEPRINTS`` below, and is simply
  left out as long as it does not exist.
- GET and POST are two functions. Every view says who may call it: ``@allows(...)`` or
  ``@open_to_all`` of ``web.access``. One that says nothing is refused to everybody.
- Reading: ``web.database.reading()`` is the request's session, a snapshot that cannot write.
  Writing: ``with writing() as session:`` is a transaction of its own, committed at its end and
  undone by an error; keep it short, because SQLite has one writer at a time. Afterwards
  ``reading()`` sees what was written. Then redirect, or answer with a fragment.
- Who asks: ``web.access.current_actor()`` is what the functions of ``matcher.store`` want as
  ``user`` where they decide who sees what; ``current_user_row()`` is the row where they write
  down who did it (only its id is used, so it need not belong to the writing session).
- Texts: every text that is shown is English in ``_()`` / ``gettext`` / ``ngettext`` (or
  ``lazy_gettext`` outside a request), with Chinese in ``web/translations/zh/<blueprint>.po``: one
  file a blueprint, read at the start, nothing to compile. Terms of the field come from
  ``data/taxonomy`` (the filter ``label``), sentences of a ``MatcherError`` bring both languages.
- Errors: raise a ``MatcherError`` for what the user can act on (``abort(404)`` for what does not
  exist or may not be seen). ``web.errors`` makes pages of them; an ``EditConflict`` becomes a 409.
  A form shows its own errors and keeps what was typed.
- Templates extend ``base.html`` and take their parts from ``macros/``. No inline script or style,
  no address outside this application: the content security policy refuses both. Every POST form
  has ``{{ csrf_field() }}``; htmx sends the token by itself.
- Record texts and what people paste never go into the log.
- What the administrator changes in the browser (settings, words of the closed lists) is kept in
  the store and taken up by ``web.stored``: ``setting(name)`` is its present value.
- Background work: a part may have ``start(app)`` and ``stop(app)`` in its ``__init__.py``; a real
  server calls them, ``create_app`` does not. ``app.config["DATA_FOLDER"]`` is where files go.
  What takes long is a job: a part names its kinds in ``JOBS`` (see ``web.jobs``), and the worker
  of ``web.batch`` does them one after the other.
- Finding partners: ``current_app.extensions["alleymatch_search"]`` is a ``web.searcher.Search``;
  ``web.cards.show`` puts a list (found or stored) into words for its reader, and the macro
  ``match`` of ``macros/match.html`` shows a card. Links to a record are ``record_link(kind, id)``,
  which leads to the endpoint ``records.show`` (``kind``, ``number``).
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from flask import Flask

from web import (
    access,
    assets,
    database,
    errors,
    extensions,
    i18n,
    jobs,
    links,
    navigation,
    security,
    stored,
)

if TYPE_CHECKING:
    from matcher.store import Store
    from web.searcher import Search

#: Parts of the application, in the order of the bar at the top; one that is not there is left out.
BLUEPRINTS = (
    "web.home",
    "web.records",
    "web.matches",
    "web.batch",
    "web.searches",
    "web.indicators",
    "web.plan",
    "web.admin",
    "web.account",
)
#: What works without a database: the one page of ``matcher serve --in FILE``.
ALONE = ("web.home",)


class Application(Flask):
    """Flask, whose log never quotes what an error says."""

    def log_exception(self, exc_info: Any) -> None:
        """Write where an error happened that even the error page could not deal with."""
        errors.note("500 unanswered", exc_info[1])


def create_app(
    store: Store | None, search: Search, config: Mapping[str, Any] | None = None
) -> Flask:
    """Return the application.

    Parameters
    ----------
    store
        The database; None serves the search page alone, without users, and stores nothing.
    search
        What finds partners: ``web.searcher.Searcher`` over the store, or ``FixedSearch``.
    config
        Values of ``web.security.DEFAULTS``, and of Flask and its extensions; ``PARTS`` are the
        blueprints to have, by default ``BLUEPRINTS``.
    """
    app = Application(__name__)
    app.config.from_mapping(security.DEFAULTS, PARTS=BLUEPRINTS)
    app.config.from_mapping(config or {})
    if not app.config["SECRET_KEY"]:
        app.config["SECRET_KEY"] = security.fresh_key()
    app.extensions["alleymatch_search"] = search
    # First what refuses requests by other names: without one no address can be made.
    security.init_app(app)
    database.init_app(app, store)
    stored.init_app(app)
    i18n.init_app(app)
    errors.init_app(app)
    extensions.init_app(app)
    access.init_app(app)
    assets.init_app(app)
    links.init_app(app)
    for path in app.config["PARTS"] if store is not None else ALONE:
        if find_spec(path) is not None:
            part = import_module(path)
            app.register_blueprint(part.blueprint)
            navigation.add(app, getattr(part, "NAVIGATION", ()))
            jobs.add(app, getattr(part, "JOBS", {}))
    return app
