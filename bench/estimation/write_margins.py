"""Writes the raking totals of the benchmark as a CSV for R."""

from __future__ import annotations

import csv
import sys
from pathlib import Path

from ours import LAYOUT, margins

from survey.pipeline.psu_totals import read

if __name__ == "__main__":
    with Path(sys.argv[2]).open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["margin", "label", "total"])
        for name, totals in margins(read(Path(sys.argv[1]), LAYOUT)).items():
            writer.writerows([name, label, repr(total)] for label, total in totals.items())
