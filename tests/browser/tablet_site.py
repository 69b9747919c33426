"""What browser tests of the tablet stand on: a real server process, a line to it that can fail, a tablet."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, Playwright
from playwright.sync_api import Error as PlaywrightError
from sqlalchemy import func, select
from sqlalchemy.orm import Session, undefer

from survey.config import Config, load, write_default
from survey.db import Database
from survey.model import Revision, SampleUnit, Submission
from survey.model.actor import SYSTEM
from survey.operations import accounts, forms, planning
from survey.operations.planning import FrameEntry
from survey.reference import units
from tests.web.office_round import PASSWORD, Staffed, staffed_round

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PIN = "204719"
ROOT = Path(__file__).resolve().parents[2]


def free_port() -> int:
    """Return a port that nobody uses."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def household_round(session: Session, staff: Staffed) -> None:
    """Add an open round in which households answer the real questionnaire; the enumerator `an` holds its one area."""
    round_ = planning.create_round(
        session,
        SYSTEM,
        code="HGD",
        title="Đợt hộ gia đình",
        reference_date=date(2026, 11, 1),
        starts_on=date(2026, 11, 2),
        ends_on=date(2026, 11, 30),
    )
    planning.set_round_state(session, SYSTEM, round_.id, "open")
    accounts.grant_role(session, SYSTEM, staff.people["an"], "enumerator", round_id=round_.id)
    forms.use_in_round(
        session, SYSTEM, round_, "household", forms.publish(session, SYSTEM, ROOT / "forms/household.csv")
    )
    commune = units.old_communes_in(staff.there.code)[0].code
    area = FrameEntry("DB-9", commune, stratum=staff.there.code, size=2, attributes={"name": "Ấp Nhà Thật"})
    homes = [
        FrameEntry(
            f"DB-9-{n}", commune, parent_code="DB-9", identity={"head_name": f"Trần Văn Hộ {n}", "hamlet": "Ấp 3"}
        )
        for n in (1, 2)
    ]
    planning.import_frame(session, SYSTEM, round_.id, "area", [area])
    planning.import_frame(session, SYSTEM, round_.id, "household", homes)
    planning.draw_area_sample(session, SYSTEM, round_.id, n=1, seed=1, minimum=1)
    planning.draw_household_sample(session, SYSTEM, round_.id, per_area=2, seed=1)
    drawn = select(SampleUnit.id).where(SampleUnit.round_id == round_.id, SampleUnit.kind == "area")
    planning.assign(session, SYSTEM, list(session.scalars(drawn)), account_id=staff.people["an"])


@dataclass
class Site:
    """An instance with a staffed round, its server process, and the line through which tablets reach it."""

    folder: Path
    template: Path
    edition: str = ""
    process: subprocess.Popen[bytes] | None = None
    port: int = field(default_factory=free_port)
    staff: Staffed | None = None
    before: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        write_default(self.folder)
        shutil.copy(self.template, self.folder / "survey.db")
        for folder in (self.config.snapshots, self.config.reports, self.config.media):
            folder.mkdir(parents=True)
        self.database = Database(self.config.database_url)
        with self.database.transaction() as session:
            self.staff = staffed_round(session)
            household_round(session, self.staff)
        self.line = Line(self)

    @property
    def config(self) -> Config:
        """Return the settings of the instance."""
        return load(self.folder)

    @property
    def address(self) -> str:
        """Return the address of the application as tablets see it."""
        return f"http://localhost:{self.line.port}/field/app/"

    def start(self) -> None:
        """Start the server process and wait until it answers."""
        command = [sys.executable, "-m", "tests.browser.tablet_server", str(self.port), self.edition]
        environment = {**os.environ, "PHIEU_SO_INSTANCE": str(self.folder)}
        self.process = subprocess.Popen(command, env=environment, cwd=ROOT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            time.sleep(0.05)
        raise TimeoutError("the server did not start")

    def kill(self) -> None:
        """Kill the server process as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait()
            self.process = None

    def heal(self) -> None:
        """Bring server and line back to health and forget what was sent so far."""
        if self.process is None:
            self.start()
        self.line.fault, self.line.on_fault, self.line.is_cut = (lambda _m, _p: ""), (lambda: None), False
        self.line.log.clear()
        self.before = (self._count(Submission), self._count(Revision))

    def close(self) -> None:
        """End everything."""
        self.kill()
        self.line.close()
        self.database.dispose()

    def submissions(self) -> int:
        """Return how many records came since the site was healed."""
        return self._count(Submission) - self.before[0]

    def revisions(self) -> int:
        """Return how many versions came since the site was healed."""
        return self._count(Revision) - self.before[1]

    def newest(self) -> Revision:
        """Return the version that came last."""
        with self.database.reading() as session:
            query = select(Revision).options(undefer(Revision.answers), undefer(Revision.findings))
            return session.scalars(query.order_by(Revision.id.desc()).limit(1)).one()

    def _count(self, table: type) -> int:
        with self.database.reading() as session:
            return session.scalar(select(func.count()).select_from(table)) or 0


Fault = Callable[[str, str], str]


class Line:
    """A proxy between tablets and the server that fails as `fault(method, path)` says for each request.

    "" passes it on, "before" never sends it, "after" loses the reply; "request" and "reply", followed by a space and a
    share of 1, let that share of the bytes through and then hang up; "stall" sends half of the reply and keeps the
    line open in silence.
    """

    def __init__(self, site: Site) -> None:
        self.site = site
        self.fault: Fault = lambda _method, _path: ""
        self.on_fault: Callable[[], None] = lambda: None
        self.log: list[tuple[str, str, int]] = []
        self.sizes: dict[str, int] = {}
        self.is_cut = False
        self.mended = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.server.daemon_threads = True
        self.port = self.server.server_port
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self.server.shutdown()
        self.server.server_close()

    def count(self, method: str, part: str) -> int:
        """Return how many requests of a kind reached the server."""
        return sum(1 for m, path, _ in self.log if m == method and part in path)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        line = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):
                    super().handle()

            def log_message(self, *_: Any) -> None:
                pass

            def _pass_on(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                fault = line.fault(self.command, self.path)
                kind, _, share = fault.partition(" ")
                if kind == "request":
                    line.send_part(self.command, self.path, body, dict(self.headers), float(share))
                if line.is_cut or kind in {"before", "request"}:
                    self._hang_up(fault)
                    return
                try:
                    status, headers, content = line.fetch(self.command, self.path, body, dict(self.headers))
                except (OSError, http.client.HTTPException):
                    self._hang_up("")
                    return
                if fault == "after":
                    self._hang_up(fault)
                    return
                if kind == "stall":
                    self._answer_half_and_wait(content)
                    return
                if kind == "reply":
                    self._answer_part(status, headers, content, float(share))
                    return
                self.send_response_only(status)
                for name, value in headers:
                    if name.lower() not in {"connection", "transfer-encoding", "content-length"}:
                        self.send_header(name, value)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def _answer_part(self, status: int, headers: list[tuple[str, str]], content: bytes, share: float) -> None:
                lines = "".join(f"{name}: {value}\r\n" for name, value in headers if name.lower() == "content-type")
                head = f"HTTP/1.1 {status} -\r\n{lines}Content-Length: {len(content)}\r\n\r\n"
                whole = head.encode() + content
                self.wfile.write(whole[: min(int(len(whole) * share), len(whole) - 1)])
                self._hang_up("reply")

            def _answer_half_and_wait(self, content: bytes) -> None:
                self.send_response_only(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content[: len(content) // 2])
                self.wfile.flush()
                line.mended.wait(60)
                self.close_connection = True

            def _hang_up(self, fault: str) -> None:
                if fault:
                    line.on_fault()
                self.close_connection = True
                self.connection.close()

            do_GET = do_POST = do_PUT = do_HEAD = _pass_on  # noqa: N815 - names given by http.server

        return Handler

    def send_part(self, method: str, path: str, body: bytes, headers: dict[str, str], share: float) -> None:
        """Send the server a share of a request's bytes, never all of them, and hang up."""
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        whole = f"{method} {path} HTTP/1.1\r\n{lines}\r\n".encode() + body
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.site.port), timeout=5) as link:
            link.sendall(whole[: min(int(len(whole) * share), len(whole) - 1)])

    def fetch(
        self, method: str, path: str, body: bytes, headers: dict[str, str]
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Ask the server and return status, headers and body."""
        link = http.client.HTTPConnection("127.0.0.1", self.site.port, timeout=30)
        try:
            link.request(method, path, body=body or None, headers=headers)
            reply = link.getresponse()
            content = reply.read()
            self.log.append((method, path, reply.status))
            self.sizes[path] = self.sizes.get(path, 0) + len(content)
            return reply.status, reply.getheaders(), content
        finally:
            link.close()


class Tablet:
    """A tablet with one enumerator: a Chromium profile on disk that survives its own death."""

    def __init__(self, playwright: Playwright, site: Site, profile: Path) -> None:
        self.playwright = playwright
        self.site = site
        self.profile = profile
        self.context: BrowserContext
        self.page: Page
        self.open()

    def open(self, *, is_lasting: bool = True, width: int = 800, height: int = 1280) -> None:
        """Start the browser with the profile as it lies on disk; it promises lasting storage as installed ones do."""
        self.context = self.playwright.chromium.launch_persistent_context(
            str(self.profile),
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            viewport={"width": width, "height": height},
            has_touch=True,
            is_mobile=True,
            locale="vi-VN",
            timezone_id="Asia/Ho_Chi_Minh",
        )
        self.context.set_default_timeout(15_000)
        self.page = self.context.pages[0]
        if is_lasting:
            origin = self.site.address.removesuffix("/field/app/")
            permission = {"permissions": ["durableStorage"], "origin": origin}
            self.context.new_cdp_session(self.page).send("Browser.grantPermissions", permission)

    def close(self) -> None:
        """Close the browser in an orderly way."""
        self.context.close()

    def kill(self) -> None:
        """Kill the browser with all its processes, as an empty battery would."""
        listed = subprocess.run(["pgrep", "-f", str(self.profile)], capture_output=True, text=True, check=False)
        for number in listed.stdout.split():
            try:
                os.kill(int(number), signal.SIGKILL)
            except ProcessLookupError:
                continue
        with contextlib.suppress(PlaywrightError):
            self.context.close()
        for lock in ("SingletonLock", "SingletonSocket", "SingletonCookie"):
            (self.profile / lock).unlink(missing_ok=True)

    def enrol(self, username: str = "an", pin: str = PIN) -> None:
        """Install the application, sign in once, choose a PIN and fetch the work."""
        self.page.goto(self.site.address)
        self.enrol_here(username, pin)

    def enrol_here(self, username: str, pin: str) -> None:
        """Sign in on the page that is open, choose a PIN and fetch the work."""
        self.page.get_by_label("Tên đăng nhập").fill(username)
        self.page.get_by_label("Mật khẩu").fill(PASSWORD)
        self.page.get_by_role("button", name="Đăng nhập").click()
        self.press(pin)
        self.page.get_by_text("Nhập lại mã PIN").wait_for()
        self.press(pin)
        self.page.get_by_role("button", name="Tải công việc").click()
        self.page.locator("a.place").first.wait_for()

    def press(self, pin: str) -> None:
        """Press the digits of a PIN."""
        self.page.locator(".keys").wait_for()
        for digit in pin:
            self.page.locator(".key", has_text=digit).click()

    def unlock(self, pin: str = PIN) -> None:
        """Open the application and enter the PIN."""
        self.page.goto(self.site.address)
        self.press(pin)
        self.page.locator("#unsent").wait_for()

    def begin(self, number: int = 0, *, name: str = "") -> None:
        """Go to a household of the first place and begin its interview."""
        self.page.goto(f"{self.site.address}#/home")
        self.page.locator("a.place").first.click()
        wanted = self.page.locator("a.button--row", has_text=name or "Chưa làm")
        wanted.nth(number).click()
        self.page.locator(".button--main").click()
        self.page.locator(".fill").wait_for()

    def answer(self, size: str = "4", name: str = "Nguyễn Đức Thử") -> None:
        """Fill in the tiny questionnaire."""
        self.page.get_by_label("Hộ có bao nhiêu người?").fill(size)
        self.page.get_by_label("Họ và tên chủ hộ").fill(name)
        self.saved()

    def saved(self) -> None:
        """Wait until the last answer is on disk."""
        self.page.wait_for_function("() => document.querySelector('.saved')?.textContent.startsWith('Đã lưu')")

    def finish(self) -> None:
        """Go to the last screen and finish."""
        self.page.get_by_role("button", name="Tiếp tục").click()
        self.page.get_by_role("button", name="Hoàn thành phiếu").click()
        self.page.locator("#unsent").wait_for()

    def finish_offline(self) -> None:
        """Finish one interview while there is no network."""
        self.site.line.is_cut = True
        self.begin()
        self.answer()
        self.finish()
        self.wait_unsent(1)

    def wait_unsent(self, count: int, timeout: float = 15_000) -> None:
        """Wait until the counter of unsent records shows a number."""
        wanted = f"Chưa gửi: {count}" if count else "Đã gửi hết"
        script = "text => document.querySelector('#unsent')?.textContent === text"
        self.page.wait_for_function(script, arg=wanted, timeout=timeout)

    def send(self) -> None:
        """Press the button that sends."""
        self.page.goto(f"{self.site.address}#/home")
        self.page.get_by_role("button", name="Gửi phiếu").click()

    def rows(self) -> list[dict[str, Any]]:
        """Return the records of the tablet's database, without what is sealed."""
        found: list[dict[str, Any]] = self.page.evaluate(_ROWS)
        return found


_ROWS = """() => new Promise((resolve, reject) => {
  const opening = indexedDB.open('phieu-so-field')
  opening.onerror = () => reject(opening.error)
  opening.onsuccess = () => {
    const all = opening.result.transaction('records').objectStore('records').getAll()
    all.onsuccess = () => {
      opening.result.close()
      resolve(all.result.map(({ sealed, ...row }) => ({ ...row, holds: !!sealed })))
    }
  }
})"""
