"""The archive of open microdata: tables as Parquet, CSV, Stata and SPSS, variables, published table, R script, record.

The R script recomputes the published figures from the CSV files with the package survey and stops when one differs.
The same run and key give the same bytes.
"""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from importlib import resources

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as parquet

from survey.export.microdata import File, column_name
from survey.export.statistical_packages import spss, stata
from survey.query.results import RunResults, Variant
from survey.reference.wording import Wording

_FIXED = (1980, 1, 1, 0, 0, 0)
_COMMON = {
    "stratum": ("Tầng: huyện cũ và thành thị, nông thôn", "Stratum: former district by urban or rural"),
    "area": ("Địa bàn (mã đã thay)", "Sampling unit (replaced number)"),
    "unit": ("Hộ (mã đã thay, khác nhau giữa các tệp)", "Household (replaced number, other in each file)"),
    "weight": ("Quyền số suy rộng; 0: địa bàn không có trả lời", "Weight; 0: area without any answer"),
    "age": ("Nhóm tuổi; trống: đã ẩn", "Age group; blank: hidden"),
    "sex": ("Giới tính; trống: đã ẩn", "Sex; blank: hidden"),
}


def bundle(files: Sequence[File], results: RunResults) -> bytes:
    """Return the archive."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in _members(files, results):
            member = zipfile.ZipInfo(name, _FIXED)
            member.compress_type, member.external_attr = zipfile.ZIP_DEFLATED, 0o644 << 16
            archive.writestr(member, content)
    return out.getvalue()


def _members(files: Sequence[File], results: RunResults) -> Iterator[tuple[str, bytes]]:
    made = results.head.created_at
    for file in files:
        yield f"{file.name}.csv", _csv(file.table)
        yield f"{file.name}.parquet", _parquet(file.table)
        described = {row[1]: row[2] for row in _variables([file], results)}
        yield f"{file.name}.dta", stata(file, described, results.head.round_title, made)
        yield f"{file.name}.sav", spss(file, described, results.head.round_title, made)
    yield "variables.csv", _sheet(("file", "variable", "label_vi", "label_en", "values"), _variables(files, results))
    yield "published.csv", _sheet(("file", "variable", "estimate", "se", "n"), _published(files, results))
    yield "reproduce.R", (resources.files("survey.export") / "reproduce.R").read_bytes()
    yield "record.json", _record(files, results)


def _csv(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    arrow_csv.write_csv(table, sink, arrow_csv.WriteOptions(quoting_style="needed"))
    return bytes(sink.getvalue().to_pybytes())


def _parquet(table: pa.Table) -> bytes:
    sink = pa.BufferOutputStream()
    parquet.write_table(table, sink, compression="zstd", version="2.6", store_schema=False)
    return bytes(sink.getvalue().to_pybytes())


def _variables(files: Sequence[File], results: RunResults) -> Iterator[tuple[str, ...]]:
    for file in files:
        for name in file.table.column_names:
            if name in _COMMON:
                yield (file.name, name, *_COMMON[name], "")
        for indicator, variant, column in _measured(file, results):
            vi, en = f"{indicator.vi} – {variant.label.vi}", f"{indicator.en} – {variant.label.en}"
            yield (file.name, column, vi, en, "1 = có/yes; 0 = không/no; trống/blank = không thuộc/không trả lời")


def _published(files: Sequence[File], results: RunResults) -> Iterator[tuple[object, ...]]:
    """Yield the published figures that the files can reproduce; suppressed ones are left out."""
    for file in files:
        for _, variant, column in _measured(file, results):
            figure = variant.figure
            if figure is not None and figure.shown:
                yield file.name, column, figure.estimate, figure.se, figure.n


def _measured(file: File, results: RunResults) -> Iterator[tuple[Wording, Variant, str]]:
    for measure in file.measures:
        entry = results.indicator(measure.indicator)
        yield entry.name, entry.variant(measure.variant), column_name(measure)


def _sheet(head: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(head)
    writer.writerows(rows)
    return out.getvalue().encode()


def _record(files: Sequence[File], results: RunResults) -> bytes:
    head = results.head
    content = {
        "round": head.round_code,
        "synthetic": head.is_synthetic,
        "run": head.id,
        "digest": head.digest,
        "calibrated": results.quality.calibrated,
        "files": {file.name: asdict(file.protocol) for file in files},
    }
    return json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True).encode() + b"\n"
