"""A browser without a screen for a real server, made of the standard library only."""

from __future__ import annotations

import html
import http.client
import re
from collections.abc import Mapping
from urllib.parse import urlencode


class Client:
    """One person at one computer, whose address the server hears from a proxy."""

    def __init__(self, port: int, number: int = 0) -> None:
        self.link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies: dict[str, str] = {}
        self.address = f"192.0.2.{number + 1}"

    def call(
        self,
        path: str,
        form: Mapping[str, object] | None = None,
        file: tuple[str, bytes] | None = None,
    ) -> tuple[int, str, str]:
        """Return status, where it leads, and the text; raises OSError or HTTPException."""
        headers = {
            "X-Forwarded-For": self.address,
            "Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items()),
        }
        body = None
        if file is not None:
            headers["Content-Type"] = "multipart/form-data; boundary=alleymatch"
            body = _multipart(form or {}, file)
        elif form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            body = urlencode(form, doseq=True).encode()
        try:
            self.link.request("GET" if body is None else "POST", path, body, headers)
            answer = self.link.getresponse()
            text = answer.read().decode("utf-8", "replace")
        except (OSError, http.client.HTTPException):
            self.link.close()
            raise
        for name, value in answer.getheaders():
            if name.lower() == "set-cookie":
                key, _, rest = value.partition("=")
                self.cookies[key] = rest.partition(";")[0]
        return answer.status, answer.getheader("Location", "") or "", text

    def close(self) -> None:
        """Hang up."""
        self.link.close()

    def sign_in(self, name: str, password: str) -> bool:
        """Sign in; tell whether it worked."""
        page = self.call("/log-in")[2]
        sent = {"identity": name, "password": password, **token(page)}
        return self.call("/log-in", sent)[0] == 302


def _multipart(form: Mapping[str, object], file: tuple[str, bytes]) -> bytes:
    parts = [
        f'--alleymatch\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in form.items()
    ]
    name, content = file
    head = f'--alleymatch\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return "".join((*parts, head)).encode() + content + b"\r\n--alleymatch--\r\n"


def token(page: str) -> dict[str, str]:
    """Return the token of a page's forms."""
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    return {"csrf_token": found[1]} if found else {}


def fields_of(page: str) -> dict[str, object]:
    """Return what a browser would send of the form of a page."""
    form = page.split('class="record-form"')[1].split("</form>")[0]
    sent: dict[str, list[str]] = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        box = 'type="checkbox"' in tag or 'type="radio"' in tag
        if name and name[1] != "csrf_token" and (not box or "checked" in tag):
            sent.setdefault(name[1], []).append(html.unescape(value[1] if value else ""))
    for name, text in re.findall(
        r'<textarea[^>]*name="([^"]+)"[^>]*>\r?\n?(.*?)</textarea>', form, re.S
    ):
        # Browsers send line ends as CR LF.
        sent[name] = [html.unescape(text).replace("\r\n", "\n").replace("\n", "\r\n")]
    for name, options in re.findall(r'<select[^>]*name="([^"]+)"[^>]*>(.*?)</select>', form, re.S):
        chosen = re.search(r'<option selected value="([^"]*)"', options)
        sent[name] = [html.unescape(chosen[1]) if chosen else ""]
    return {name: values if len(values) > 1 else values[0] for name, values in sent.items()}
