"""A visitor without scripts: reads the form on a page, changes fields, presses a button, follows where it leads."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse

_VOID = {"input", "br", "hr", "img", "link", "meta", "rect"}


class _Form(HTMLParser):
    """Collects what a browser would send for one form, and all text with the names of the elements around it."""

    def __init__(self, form_id: str) -> None:
        super().__init__()
        self.form_id = form_id
        self.inside = False
        self.action = ""
        self.values: MultiDict[str, str] = MultiDict()
        self.select = ""
        self.textarea: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value if value is not None else "" for key, value in attrs}
        if tag == "form":
            self.inside = given.get("id", "") == self.form_id or not self.form_id
            if self.inside:
                self.action = given.get("action", "")
        if not self.inside:
            return
        if tag == "input":
            kind = given.get("type", "text")
            if kind not in {"radio", "checkbox"} or "checked" in given:
                self.values.add(given.get("name", ""), given.get("value", "on"))
        elif tag == "select":
            self.select = given.get("name", "")
            self.values.setdefault(self.select, "")
        elif tag == "option" and "selected" in given:
            self.values[self.select] = given.get("value", "")
        elif tag == "textarea":
            self.textarea = given.get("name", "")
            self.values[self.textarea] = ""

    def handle_data(self, data: str) -> None:
        if self.textarea:
            self.values[self.textarea] += data.removeprefix("\n")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.inside = False
        elif tag == "textarea":
            self.textarea = None


class Visitor:
    """A client that remembers the page it is on."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client
        self.page: TestResponse | None = None
        self.path = ""

    @property
    def text(self) -> str:
        """Return the source of the page."""
        assert self.page is not None
        return self.page.text

    @property
    def status(self) -> int:
        """Return the status of the page."""
        assert self.page is not None
        return self.page.status_code

    @property
    def heading(self) -> str:
        """Return the page's first heading."""
        match = re.search(r"<h1[^>]*>(.*?)</h1>", self.text, re.S)
        return re.sub(r"<[^>]+>", "", match.group(1)).strip() if match else ""

    @property
    def part(self) -> str:
        """Return which section, or which row of it, the visitor is on."""
        return self.path.split("/section/")[-1].split("?")[0]

    def go(self, path: str) -> Visitor:
        """Open an address and follow redirects."""
        self._remember(self.client.get(path, follow_redirects=True))
        return self

    def form(self, form_id: str = "page") -> MultiDict[str, str]:
        """Return what the page's form would send unchanged."""
        return self._parse(form_id).values

    def press(self, button: str = "next", *, json: bool = False, **changes: str | list[str]) -> Visitor:
        """Change fields (double underscores stand for dashes), press a button and follow."""
        found = self._parse("page")
        return self.post(found.action, self._changed(found.values, changes, button), json=json)

    def post(self, path: str, data: MultiDict[str, str], *, json: bool = False) -> Visitor:
        """Send a form and follow redirects; with `json` as a script would, staying on the page."""
        headers = {"Accept": "application/json"} if json else {"Accept": "text/html"}
        answer = self.client.post(path, data=data, headers=headers, follow_redirects=not json)
        if json:
            self.answer = answer
        else:
            self._remember(answer)
        return self

    def submit(self, marker: str, **changes: str) -> Visitor:
        """Send the first form whose address contains a text."""
        match = re.search(rf'<form[^>]*action="([^"]*{re.escape(marker)}[^"]*)"', self.text)
        assert match, f"no form for {marker} on {self.path}"
        token = re.search(r'name="csrf_token" value="([^"]+)"', self.text)
        assert token
        return self.post(match.group(1), MultiDict({"csrf_token": token.group(1), **changes}))

    def field(self, name: str) -> str:
        """Return the source of the question with a field of this name, and whether it is hidden in its first tag."""
        marker = f'data-name="{name}"'
        assert marker in self.text, f"no question {name} on {self.path}"
        start = self.text.rindex("<div", 0, self.text.index(marker))
        end = self.text.find('<div class="q ', start + 5)
        return self.text[start : end if end > 0 else None]

    def sees(self, name: str) -> bool:
        """Tell whether a question is on the page and not hidden, nor inside a hidden block."""
        source = self.field(name)
        return " hidden>" not in source.split("\n", 1)[0] and not self._block_is_hidden(name)

    def _block_is_hidden(self, name: str) -> bool:
        before = self.text[: self.text.index(f'data-name="{name}"')]
        opened = list(re.finditer(r'<section class="block"[^>]*>|</section>', before))
        depth: list[bool] = []
        for match in opened:
            if match.group().startswith("</"):
                depth.pop()
            else:
                depth.append(match.group().endswith(" hidden>"))
        return any(depth)

    def _parse(self, form_id: str) -> _Form:
        parser = _Form(form_id)
        parser.feed(self.text)
        return parser

    def _changed(
        self, values: MultiDict[str, str], changes: dict[str, str | list[str]], button: str
    ) -> MultiDict[str, str]:
        data = MultiDict(values)
        for name, value in changes.items():
            key = name.replace("__", "-")
            data.setlist(key, value if isinstance(value, list) else [value])
        data["_go"] = button
        return data

    def _remember(self, response: TestResponse) -> None:
        self.page = response
        self.path = response.request.path


def sign_in(client: FlaskClient, username: str, password: str) -> Visitor:
    """Return a visitor signed in with an account."""
    visitor = Visitor(client).go("/auth/sign-in")
    return visitor.submit("sign-in", username=username, password=password)


def enter(client: FlaskClient, code: str, login: str = "") -> Visitor:
    """Return a visitor in the portal with the code of a letter; a code of a scene knows its tax code or unit code."""
    typed = login or getattr(code, "login", "0100109106")
    return Visitor(client).go("/portal/").submit("/portal/", login=typed, code=code)
