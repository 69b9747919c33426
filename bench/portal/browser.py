"""One enterprise at Part A without a browser: reads the page once, then saves a field as the page's script would."""

from __future__ import annotations

import http.client
import json
import re
import time
from urllib.parse import urlencode

ADDRESS = "/portal/questionnaire/section/enterprise"
FIELD = "interview-enterprise-employees"
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Respondent:
    """A connection that keeps cookies, the page's token and what the field showed last."""

    def __init__(self, port: int, token: str) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self.cookies = {"session": token}
        self.shown = ""
        self.csrf = ""

    def open(self) -> None:
        """Read the page."""
        page = self._call("GET")
        found = _TOKEN.search(page.decode())
        if found is None:
            raise RuntimeError("the page carries no form")
        self.csrf = found.group(1)

    def save(self, value: str) -> float:
        """Save a value and return the seconds until the server has acknowledged it."""
        body = {"csrf_token": self.csrf, "_base": json.dumps({FIELD: self.shown}), FIELD: value}
        start = time.perf_counter()
        said = json.loads(self._call("POST", urlencode(body)))
        took = time.perf_counter() - start
        if said["conflicts"] or not said["written"]:
            raise RuntimeError(f"not saved: {said}")
        self.shown = value
        return took

    def _call(self, method: str, body: str | None = None) -> bytes:
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items())}
        if body is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Accept": "application/json"}
        self.connection.request(method, ADDRESS, body, headers)
        answer = self.connection.getresponse()
        content = answer.read()
        for line in answer.headers.get_all("Set-Cookie") or ():
            name, _sep, value = line.split(";")[0].partition("=")
            self.cookies[name] = value
        if answer.status != 200:
            raise RuntimeError(f"{method}: {answer.status}")
        return content
