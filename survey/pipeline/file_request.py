"""What is asked of anyone's microdata file: the request, the rules it must keep, and the manifest that repeats it.

Owns which options go together and what a manifest records. Reads no data.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, fields
from importlib.metadata import version
from pathlib import Path
from typing import Any

from survey.errors import Problem
from survey.estimation import verdict
from survey.pipeline.table_file import Layout
from survey.pipeline.version import code_version

ESTIMATES = ("proportion", "mean", "total", "ratio", "quantile")
REGRESSIONS = ("linear", "logistic")
KINDS = (*ESTIMATES, *REGRESSIONS, "independence")
VARIANCES = ("taylor", "jackknife", "balanced", "fay", "bootstrap", "given")
CALIBRATIONS = ("raking", "poststratification", "linear", "exponential", "logit")
PPS_FORMS = ("with-replacement", "brewer", "hartley-rao", "yates-grundy", "horvitz-thompson")
QUANTILE_INTERVALS = ("mean", "score", "replicates")
TESTS = ("F", "chi-square", "wald")
_LIBRARIES = ("numpy", "scipy", "duckdb", "pyarrow")
_PATHS = ("data", "margins", "joint")


@dataclass(frozen=True, slots=True)
class Request:
    """Everything that decides the figures: the file, the design columns, the variables and the method.

    `pps` says how the unequal probabilities in `fpc` enter the variance; `joint` is a CSV matrix of joint inclusion
    probabilities in the order of the rows. `compare` asks for the differences between the values of a column, from
    `baseline` or its first value.
    """

    data: Path
    kind: str
    y: str
    sheet: str | None = None
    labels: bool = False
    strata: tuple[str, ...] = ()
    psu: tuple[str, ...] = ()
    nest: bool = False
    weight: str | None = None
    fpc: tuple[str, ...] = ()
    pps: str = "with-replacement"
    joint: Path | None = None
    level: str | None = None
    over: str | None = None
    x: tuple[str, ...] = ()
    where: str | None = None
    by: tuple[str, ...] = ()
    compare: str | None = None
    baseline: str | None = None
    ci: str | None = None
    confidence: float = 0.95
    assumed_deff: float = 1.0
    target: float | None = None
    operator: str = ">="
    lonely: str = "fail"
    lonely_in_domain: bool = False
    p: float = 0.5
    quantile_rule: str = "math"
    quantile_interval: str = "mean"
    statistic: str = "F"
    margins: Path | None = None
    calibration: str = "raking"
    bounds: tuple[float, float] = (0.0, 10.0)
    variance: str = "taylor"
    replicates: int = 500
    seed: int = 128
    rho: float = 0.5
    replicate_weights: str | None = None
    replicate_factors: bool = False
    scale: float = 1.0
    rscales: tuple[float, ...] = ()
    mse: bool = False
    df: int | None = None

    @property
    def layout(self) -> Layout:
        """Return how the file is to be read."""
        return Layout(self.sheet, self.labels)

    @property
    def is_replicated(self) -> bool:
        """Return whether the variance comes from replicates."""
        return self.variance != "taylor"


@dataclass(frozen=True, slots=True)
class _Rule:
    """An option, what it must be, and whether a request keeps to that."""

    option: str
    expected: str
    is_kept: Callable[[Request], bool]


_RULES = (
    _Rule("--over", "--kind ratio --over COLUMN", lambda r: (r.kind == "ratio") == (r.over is not None)),
    _Rule(
        "--x",
        "--kind linear|logistic --x COLUMN,… | --kind independence --x COLUMN",
        lambda r: bool(r.x) == (r.kind not in ESTIMATES) and not (r.kind == "independence" and len(r.x) > 1),
    ),
    _Rule("--p", "0 < p < 1", lambda r: 0 < r.p < 1),
    _Rule("--confidence", "0 < … < 1", lambda r: 0 < r.confidence < 1),
    _Rule("--assumed-deff", "> 0", lambda r: r.assumed_deff > 0),
    _Rule("--replicates", "≥ 2", lambda r: r.replicates >= 2),
    _Rule("--rho", "0 ≤ rho < 1", lambda r: 0 <= r.rho < 1),
    _Rule(
        "--quantile-interval",
        "mean | score; replicates --variance jackknife|…",
        lambda r: (
            r.quantile_interval == "mean" or r.is_replicated == (r.quantile_interval == "replicates")
        ),
    ),
    _Rule("--variance", "taylor", lambda r: not r.is_replicated or r.kind in ESTIMATES),
    _Rule("--variance", "taylor (--pps)", lambda r: not r.is_replicated or r.pps == "with-replacement"),
    _Rule(
        "--replicate-weights",
        "--variance given --replicate-weights 'REP*'",
        lambda r: (r.variance == "given") == (r.replicate_weights is not None),
    ),
    _Rule("--scale", "> 0", lambda r: r.scale > 0 and all(value >= 0 for value in r.rscales)),
    _Rule(
        "--pps",
        "--pps brewer|hartley-rao --fpc COLUMN",
        lambda r: r.pps == "with-replacement" or bool(r.fpc) or r.joint is not None,
    ),
    _Rule(
        "--joint",
        "--pps yates-grundy|horvitz-thompson --joint FILE",
        lambda r: (r.pps in ("yates-grundy", "horvitz-thompson")) == (r.joint is not None),
    ),
    _Rule("--compare", " | ".join(ESTIMATES[:-1]), lambda r: not r.compare or r.kind in ESTIMATES[:-1]),
    _Rule("--compare", "≠ --by", lambda r: r.compare not in r.by),
    _Rule("--baseline", "--compare COLUMN --baseline VALUE", lambda r: r.baseline is None or bool(r.compare)),
    _Rule("--by", " | ".join((*ESTIMATES, *REGRESSIONS)), lambda r: not r.by or r.kind != "independence"),
    _Rule("--target", " | ".join(ESTIMATES), lambda r: r.target is None or (r.kind in ESTIMATES and not r.compare)),
    _Rule("--operator", " | ".join(verdict.OPERATORS), lambda r: r.operator in verdict.OPERATORS),
)  # fmt: skip


def check(request: Request) -> None:
    """Refuse options that contradict one another; raises Problem bad-value with the option and what it may be."""
    for rule in _RULES:
        if not rule.is_kept(request):
            name = rule.option.removeprefix("--").replace("-", "_")
            value = getattr(request, name)
            raise Problem("bad-value", name=rule.option, value=_shown(value), expected=rule.expected)


def _shown(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(str(part) for part in value) or "–"
    return "–" if value is None else str(value)


def files(request: Request) -> list[Path]:
    """Return the files that a request reads."""
    return [path for path in (getattr(request, name) for name in _PATHS) if path]


def manifest(request: Request, *, as_json: bool = False) -> str:
    """Return the manifest of a request as JSON: every option, the digests of its files, the versions of libraries."""
    options = {k: str(v) if isinstance(v, Path) else v for k, v in asdict(request).items()}
    return json.dumps(
        {
            "options": options,
            "output": "json" if as_json else "table",
            "sha256": {str(path): _digest(path) for path in files(request)},
            "versions": _versions(),
        },
        ensure_ascii=False,
        indent=1,
    )


@dataclass(frozen=True, slots=True)
class Repetition:
    """The request of a manifest, the form its figures had, and the libraries that have another version now."""

    request: Request
    as_json: bool
    changed: tuple[str, ...]


def from_manifest(path: Path) -> Repetition:
    """Return what a manifest asks for; raises Problem when a file is gone or is no longer the same."""
    try:
        stored = json.loads(path.read_text(encoding="utf-8"))
        options, digests = stored["options"], stored["sha256"]
        known = {field.name for field in fields(Request)}
        given: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in options.items() if k in known}
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Problem("bad-file", name=path.name, reason=str(error)) from error
    for name, digest in digests.items():
        if not Path(name).is_file():
            raise Problem("no-file", name=name)
        if _digest(Path(name)) != digest:
            raise Problem("file-changed", name=name)
    for name in _PATHS:
        given[name] = Path(given[name]) if given.get(name) else None
    before, now = stored.get("versions", {}), _versions()
    changed = tuple(name for name in now if name in before and before[name] != now[name])
    return Repetition(Request(**given), stored.get("output") == "json", changed)


def _versions() -> dict[str, str]:
    return {"phieu-so": code_version(), **{name: version(name) for name in _LIBRARIES}}


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
