"""Figures as SDMX-CSV 2.0 with the code lists that its dimensions use. Identifiers never change between rounds.

One observation per figure: indicator, way of measuring, dimension, group and time; the interval and the quality are
attributes. A suppressed figure has no value and the observation status Q (missing value; suppressed).
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator

from survey.export.figures import records
from survey.query.results import DIMENSIONS, FLAGS, REASONS, RunResults
from survey.reference.wording import Wording

AGENCY = "PHIEUSO"
STRUCTURE = f"{AGENCY}:KH128_INDICATORS(1.0)"
DIMENSION_COLUMNS = ("FREQ", "REF_AREA", "INDICATOR", "VARIANT", "BREAKDOWN", "CATEGORY", "TIME_PERIOD")
ATTRIBUTES = (
    "UNIT_MEASURE", "CI_LOW", "CI_HIGH", "STD_ERROR", "SAMPLE_SIZE", "OBS_STATUS", "CONF_STATUS", "REASONS",
    "TARGET_2025", "VERDICT_2025", "TARGET_2030", "VERDICT_2030", "SYNTHETIC",
)  # fmt: skip
COLUMNS = ("STRUCTURE", "STRUCTURE_ID", "ACTION", *DIMENSION_COLUMNS, "OBS_VALUE", *ATTRIBUTES)
AREA = "VN93"
_WHOLE = "_T"
_STATUS = {"publish": "A", "flag": "U", "suppress": "Q"}


def sdmx_csv(results: RunResults) -> bytes:
    """Return every figure of a run as SDMX-CSV."""
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, COLUMNS, lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(_observations(results))
    return out.getvalue().encode()


def code_lists(results: RunResults, gettext: Callable[[str], str]) -> bytes:
    """Return the codes of every dimension and coded attribute with their names in Vietnamese and English.

    `gettext` translates into Vietnamese; the English names are the message ids themselves.
    """
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(("CODELIST", "CODE", "NAME_VI", "NAME_EN"))
    for code_list, code, name in _codes(results, gettext):
        writer.writerow((code_list, code, name.vi, name.en))
    return out.getvalue().encode("utf-8-sig")


def _observations(results: RunResults) -> Iterator[dict[str, object]]:
    period = results.head.reference_date.strftime("%Y-%m")
    for row in records(results):
        suppressed = row["flag"] == "suppress"
        yield {
            "STRUCTURE": "dataflow",
            "STRUCTURE_ID": STRUCTURE,
            "ACTION": "I",
            "FREQ": "A",
            "REF_AREA": AREA,
            "INDICATOR": row["indicator"],
            "VARIANT": _identifier(row["variant"]),
            "BREAKDOWN": str(row["dimension"]).upper(),
            "CATEGORY": _identifier(row["category"]) or _WHOLE,
            "TIME_PERIOD": period,
            "OBS_VALUE": "" if suppressed or row["estimate_percent"] is None else row["estimate_percent"],
            "UNIT_MEASURE": "PT",
            "CI_LOW": row["ci_low"],
            "CI_HIGH": row["ci_high"],
            "STD_ERROR": row["se"],
            "SAMPLE_SIZE": row["n"],
            "OBS_STATUS": _STATUS[str(row["flag"])],
            "CONF_STATUS": "C" if suppressed else "F",
            "REASONS": row["reasons"],
            "SYNTHETIC": row["synthetic"],
            **{
                f"{kind.upper()}_{year}": row[f"{kind}_{year}"]
                for kind in ("target", "verdict")
                for year in (2025, 2030)
            },
        }


def _codes(results: RunResults, gettext: Callable[[str], str]) -> Iterator[tuple[str, str, Wording]]:
    def both(message: str) -> Wording:
        return Wording(gettext(message), message)

    yield "CL_AREA", AREA, Wording("Địa bàn tỉnh Hậu Giang trước 01/7/2025", "Territory of former Hậu Giang province")
    for entry in results.indicators:
        yield "CL_INDICATOR", entry.code, entry.name
    seen: set[tuple[str, str]] = set()
    for entry in results.indicators:
        for variant in entry.variants:
            yield f"CL_VARIANT_{entry.code}", _identifier(variant.code), variant.label
    for code, message in DIMENSIONS.items():
        yield "CL_BREAKDOWN", code.upper(), both(message)
    for row in records(results):
        key = (str(row["dimension"]).upper(), _identifier(row["category"]) or _WHOLE)
        if key not in seen:
            seen.add(key)
            yield f"CL_CATEGORY_{key[0]}", key[1], Wording(str(row["category_vi"]), str(row["category_en"]))
    for code, message in FLAGS.items():
        yield "CL_OBS_STATUS", _STATUS[code], both(message)
    for code, message in REASONS.items():
        yield "CL_REASON", code, both(message)


def _identifier(value: object) -> str:
    """Return a code as SDMX identifiers are written: capitals, digits and underscores."""
    return str(value or "").upper().replace("-", "_").replace("+", "PLUS")
