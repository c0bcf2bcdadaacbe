"""The settings: value, where it comes from, what it means; the live ones can be changed here."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import delete
from werkzeug.wrappers import Response as Answer

from matcher import settings
from matcher.errors import InputError, MatcherError
from matcher.settings import Setting
from matcher.store.audit import log
from matcher.store.desk import store_setting
from matcher.store.models import StoredSetting
from web import mail, stored
from web.access import allows, current_user_row
from web.admin import blueprint
from web.admin.setting_words import WORDS, Words
from web.database import writing
from web.extensions import limiter
from web.i18n import lang

_LONGEST = 300
_HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:]+\]|[0-9A-Fa-f:]+")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9\[\]:.-]+(/[A-Za-z0-9/._~-]*)?")
_MAIL = re.compile(r"[^@\s<>\",;:]+@[^@\s<>\",;:]+")


@dataclass(frozen=True)
class Line:
    """One setting as the page shows it."""

    item: Setting
    value: str
    source: str
    help: str
    words: Words
    error: str = ""

    @property
    def changeable(self) -> bool:
        """Whether it may be changed here: what is fixed outside would win anyway."""
        return self.item.live and self.source in ("stored", "default")


@blueprint.get("/settings")
@allows("administrator")
def settings_page() -> str:
    return _page()


@blueprint.post("/settings/<name>")
@allows("administrator")
def change_setting(name: str) -> str | Answer | tuple[str, int]:
    item = settings.REGISTRY.get(name)
    if item is None or not item.live or stored.source(item) not in ("stored", "default"):
        return _page(name, _("This setting cannot be changed here.")), 400
    text = request.form.get("value", "").strip()
    back = "default" in request.form
    try:
        if not back:
            _check(item, text)
        if item.secret:
            stored.keep_secret("" if back else text)
        with writing() as session:
            if item.secret:
                pass
            elif back:
                gone = StoredSetting.key == stored.PREFIX + name
                session.execute(delete(StoredSetting).where(gone))
            else:
                store_setting(session, stored.PREFIX + name, settings.typed(item, text))
            log(session, current_user_row(), "setting.change", name=name, default=back)
    except InputError as error:
        return _page(name, error.message(lang()), text), 400
    stored.refresh()
    flash(_("Saved; it holds from now on."), "success")
    return redirect(url_for("admin.settings_page", _anchor=name))


@blueprint.post("/settings/mail/test")
@limiter.limit("5 per minute")
@allows("administrator")
def test_mail() -> Answer:
    through, to = mail.server(), current_user_row().email
    if through is None:
        flash(_("Set address, mail_server and mail_sender first."), "error")
        return redirect(url_for("admin.settings_page", _anchor="mail"))
    try:
        mail.send(through, to, _("Test mail"), _("The mail server of alleymatch works."))
    except MatcherError as error:
        flash(error.message(lang()), "error")
    else:
        flash(_("The mail server took a mail to %(address)s.", address=to), "success")
    return redirect(url_for("admin.settings_page", _anchor="mail"))


def _check(item: Setting, text: str) -> None:
    """Refuse what cannot work, before it is kept."""
    if len(text) > _LONGEST or not text.isprintable():
        raise InputError(
            f"内容太长（最多 {_LONGEST} 个字符）或含有不可见字符。",
            f"The value is longer than {_LONGEST} characters or has invisible ones.",
        )
    settings.typed(item, text)
    if item.name == "mail_port" and not 0 < int(text) < 65536:
        raise InputError("端口是 1 到 65535 的整数。", "A port is a number from 1 to 65535.")
    if item.name == "mail_server" and text and not _HOST.fullmatch(text):
        raise InputError(
            "主机名只填名称，如 smtp.example.cn，不带 http:// 和端口。",
            "Give the host name alone, such as smtp.example.cn, without http:// or a port.",
        )
    if item.name == "address" and text and not _ADDRESS.fullmatch(text):
        raise InputError(
            "地址以 https:// 或 http:// 开头，如 https://match.example.cn。",
            "The address begins with https:// or http://, such as https://match.example.cn.",
        )
    if item.name == "mail_sender" and text and not _MAIL.fullmatch(text):
        raise InputError("这不是邮箱地址。", "This is no e-mail address.")


def _page(wrong: str = "", error: str = "", typed: str = "") -> str:
    values = settings.load()
    lines = []
    for name, item in settings.REGISTRY.items():
        source = stored.source(item)
        value = str(stored.setting(name) if source == "stored" else values[name])
        said = item.help_en if lang() == "en" else item.help_zh
        mistaken = name == wrong
        shown = typed if mistaken and not item.secret else _shown(item, value)
        lines.append(Line(item, shown, source, said, WORDS[name], error if mistaken else ""))
    return render_template("admin/settings.html", lines=lines)


def _shown(item: Setting, value: str) -> str:
    if item.secret:
        return "••••••" if value else ""
    # postgresql+psycopg://user:password@host/name
    return re.sub(r"(://[^:/@]*):[^@]*@", r"\1:***@", value)
