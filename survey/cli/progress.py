"""Tells a person at a terminal how far a command is, once it has taken more than a second. Writes to standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field

import click

from survey.cli.context import translate
from survey.text import N_, format_decimal

STEPS = {
    "rows": N_("{done} rows read …"),
    "replicates": N_("{done} of {total} replicates calibrated …"),
}
PATIENCE = 1.0


@dataclass(slots=True)
class Progress:
    """Writes the latest step when the command is older than a second, and then once a second at most."""

    write: Callable[[str], None] = field(default=lambda line: click.echo(line, err=True))
    clock: Callable[[], float] = time.monotonic
    shown: bool = field(default_factory=lambda: sys.stderr.isatty())
    _next: float = field(init=False)

    def __post_init__(self) -> None:
        """Start the clock."""
        self._next = self.clock() + PATIENCE

    def __call__(self, step: str, done: int, total: int) -> None:
        """Hear of a step with what is done and what there is to do."""
        now = self.clock()
        if not self.shown or now < self._next:
            return
        self._next = now + PATIENCE
        self.write(translate(STEPS[step]).format(done=format_decimal(done), total=format_decimal(total)))
