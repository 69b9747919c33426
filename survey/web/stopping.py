"""Tells long answers that the server is stopping, so that they end at once and nobody waits for them.

The servers keep their own signal handlers; this only hears that a signal came, through the wake-up file of Python.
"""

from __future__ import annotations

import signal
import socket
import threading

stopping = threading.Event()
"""Set once this process was asked to end."""
_ENDS = {signal.SIGINT, signal.SIGTERM}


def listen() -> None:
    """Begin to listen for the signals that end the process; only in the main thread, as a server's process starts."""
    ours, theirs = socket.socketpair()
    theirs.setblocking(False)
    signal.set_wakeup_fd(theirs.fileno(), warn_on_full_buffer=False)
    threading.Thread(target=_hear, args=(ours, theirs), daemon=True, name="stopping").start()


def _hear(ours: socket.socket, _theirs: socket.socket) -> None:
    """Wait for the number of a signal that ends the process; the other end stays open as long as this waits."""
    while number := ours.recv(1):
        if number[0] in _ENDS:
            stopping.set()
            return
