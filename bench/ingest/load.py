"""A load of OpenRosa clients in one process: each keeps a connection open and sends its records one by one."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from dataclasses import dataclass, field

_BOUNDARY = "phieu-so-bench"


@dataclass
class Outcome:
    """What a load did: seconds, how often each status came, the time of each request in seconds."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)
    times: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Return requests a second."""
        return len(self.times) / self.seconds

    def quantile(self, share: float) -> float:
        """Return the time in milliseconds that a share of the requests stays below."""
        ordered = sorted(self.times)
        return 1000 * ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def send(port: int, path: str, documents: list[bytes], clients: int) -> Outcome:
    """Send every document once, split among the clients, and return what happened."""
    outcome, lock = Outcome(), threading.Lock()
    shares = [documents[i::clients] for i in range(clients)]
    threads = [threading.Thread(target=_client, args=(port, path, share, outcome, lock)) for share in shares]
    begin = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    outcome.seconds = time.perf_counter() - begin
    return outcome


def _client(port: int, path: str, documents: list[bytes], outcome: Outcome, lock: threading.Lock) -> None:
    """Send one client's documents."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}", "X-OpenRosa-Version": "1.0"}
    statuses: Counter[int] = Counter()
    times = []
    for document in documents:
        begin = time.perf_counter()
        connection.request("POST", path, _body(document), headers)
        response = connection.getresponse()
        response.read()
        times.append(time.perf_counter() - begin)
        statuses[response.status] += 1
    with lock:
        outcome.statuses += statuses
        outcome.times += times


def _body(document: bytes) -> bytes:
    """Return a document as a multipart body."""
    head = (
        f"--{_BOUNDARY}\r\nContent-Disposition: form-data; "
        'name="xml_submission_file"; filename="submission.xml"\r\nContent-Type: text/xml\r\n\r\n'
    )
    return head.encode() + document + f"\r\n--{_BOUNDARY}--\r\n".encode()
