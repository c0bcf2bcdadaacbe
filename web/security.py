"""Headers, cookies, hosts and the secret key."""

from __future__ import annotations

import os
import secrets
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, request
from flask.sessions import SecureCookieSessionInterface
from werkzeug.exceptions import SecurityError

from matcher.errors import InputError

MEGABYTE = 1 << 20
DEFAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "SECRET_KEY": None,
        #: Whether people who have not signed in may use the search page.
        "OPEN_SEARCH": False,
        #: The sample in a database of its own: the search page works before there is anybody.
        "DEMO": False,
        #: What `matcher serve` prints for the one who sets the server up from another computer.
        "SETUP_TOKEN": None,
        #: How many reverse proxies stand before this server.
        "PROXIES": 0,
        "MAX_CONTENT_LENGTH": 32 * MEGABYTE,
        "MAX_FORM_MEMORY_SIZE": 2 * MEGABYTE,
        "SESSION_COOKIE_NAME": "alleymatch",
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        # Counted from the last request: the cookie is sent anew with each answer.
        "PERMANENT_SESSION_LIFETIME": timedelta(hours=8),
        # Tied to the session, which ends after eight idle hours.
        "WTF_CSRF_TIME_LIMIT": None,
        "RATELIMIT_ENABLED": True,
    }
)
_POLICY = "; ".join(
    (
        "default-src 'none'", "script-src 'self'", "style-src 'self'", "img-src 'self' data:",
        "connect-src 'self'", "form-action 'self'", "frame-ancestors 'none'", "base-uri 'none'",
    )
)  # fmt: skip
_HEADERS = MappingProxyType(
    {
        "Content-Security-Policy": _POLICY,
        "X-Content-Type-Options": "nosniff",
        # To other sites nothing; to this one the page, which forms over https are checked by.
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    }
)
_KEY_BYTES = 32


class _Cookies(SecureCookieSessionInterface):
    """Marks the cookie secure wherever the request came over https."""

    def get_cookie_secure(self, app: Flask) -> bool:
        return super().get_cookie_secure(app) or request.is_secure


def init_app(app: Flask) -> None:
    """Add the headers to every answer, and read those of the proxies that were named."""
    app.session_interface = _Cookies()
    app.before_request(_known_host)
    app.before_request(_limit_form)
    app.after_request(_guard)
    if app.config["PROXIES"]:
        from werkzeug.middleware.proxy_fix import ProxyFix

        count = int(app.config["PROXIES"])
        fixed = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)
        app.wsgi_app = fixed  # type: ignore[method-assign]


def _known_host() -> Response | None:
    try:
        request.host  # noqa: B018  # Looking at it checks it against TRUSTED_HOSTS.
    except SecurityError:
        return Response("400: unknown host name\n", 400, mimetype="text/plain")
    return None


def _limit_form() -> None:
    # Only uploads may be large; a form of another type is read into memory as a whole.
    if request.mimetype != "multipart/form-data":
        request.max_content_length = current_app.config["MAX_FORM_MEMORY_SIZE"]


def _guard(response: Response) -> Response:
    response.headers.update(_HEADERS)
    if request.endpoint == "static":
        response.headers["Cache-Control"] = "public, max-age=86400"
    else:
        # Pages show what one person may see, and stay on no disk.
        response.headers["Cache-Control"] = "no-store"
    return response


def fresh_key() -> str:
    """Return a new secret key."""
    return secrets.token_hex(_KEY_BYTES)


def secret_key(folder: Path) -> str:
    """Return the key of this installation, made at the first start and read by its owner alone.

    Raises InputError if it can be neither read nor written.
    """
    path = folder / "web.key"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with suppress(FileExistsError):
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "w", encoding="ascii") as file:
                file.write(fresh_key())
        key = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"不能读写密钥文件 {path.name}（{error}）。请检查数据文件夹的权限。",
            f"The key file {path.name} cannot be read or written ({error}): check the rights of "
            "the data folder.",
        ) from error
    if len(key) < 2 * _KEY_BYTES:
        raise InputError(
            f"密钥文件 {path.name} 不完整。请删除它后重新启动，所有用户需要重新登录。",
            f"The key file {path.name} is incomplete: remove it and start again; everybody then "
            "has to sign in once more.",
        )
    return key


def is_local() -> bool:
    """Tell whether the request was made on this very computer, not passed on by a proxy.

    The name in the address counts too: another site's name may be made to lead here.
    """
    passed_on = any(
        name in request.headers for name in ("X-Forwarded-For", "Forwarded", "X-Real-Ip", "Via")
    )
    host = urlsplit(f"//{request.host}").hostname
    local = request.remote_addr in ("127.0.0.1", "::1")
    return local and not passed_on and host in ("127.0.0.1", "localhost", "::1")
