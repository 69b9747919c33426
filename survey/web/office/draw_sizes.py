"""The calculator of sample sizes: what a wanted precision costs in each domain, and how a number is shared out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from flask import render_template, request
from flask_babel import gettext as _

from survey.errors import Problem
from survey.query import draws as reads
from survey.reference import units
from survey.sampling import allocate, size
from survey.text import format_decimal, parse_decimal
from survey.web import access, problems
from survey.web.office import blueprint
from survey.web.office.desk import desk
from survey.web.office.words import KINDS, word

_KINDS = ("household", "enterprise", "institution")
_DOMAINS = ("whole", "district", "stratum")
_DEFAULTS = {"half_width": 5.0, "proportion": 50.0, "deff": 1.5, "response": 85.0, "exponent": 0.5}
_PERCENT = ("half_width", "proportion", "response")


@dataclass(frozen=True, slots=True)
class SizeLine:
    """What a domain needs: its population, respondents, units to select, and the half-width they give, in points."""

    domain: str
    population: int
    respondents: int
    select: int
    half_width: float


@dataclass(frozen=True, slots=True)
class ShareLine:
    """How a stratum shares in a sample under each rule."""

    stratum: str
    units: int
    proportional: int
    power: int
    neyman: int


@blueprint.get("/rounds/<code>/draws/size")
@access.roles("statistician")
def sample_size(code: str) -> str:
    """Calculate sample sizes from the frames of a round; the question stands in the address."""
    args, message = request.args, ""
    kind, domain = _one_of(_KINDS, args.get("kind", "")), _one_of(_DOMAINS, args.get("domain", ""))
    lines: list[SizeLine] = []
    shares: list[ShareLine] = []
    with access.database().reading() as session:
        here = desk(session, code, "statistician")
        populations = reads.populations(session, here.round.id, kind, domain)
        strata = reads.strata(session, here.round.id, "area" if kind == "household" else kind)
    try:
        wanted = {name: _number(name, args.get(name, "")) for name in _DEFAULTS}
        lines = _sizes(populations, domain, wanted)
        if args.get("total") and strata:
            shares = _shares(strata, args, wanted["exponent"])
    except Problem as problem:
        message = problems.message(problem)
    return render_template(
        "office/draw_sizes.html",
        desk=here,
        round=here.round,
        kinds=[(each, word(KINDS, each)) for each in _KINDS],
        kind=kind,
        domain=domain,
        values={name: args.get(name) or format_decimal(default) for name, default in _DEFAULTS.items()},
        lines=lines,
        shares=shares,
        message=message,
        has_frame=bool(populations),
    )


def _one_of(known: tuple[str, ...], given: str) -> str:
    return given if given in known else known[0]


def _sizes(populations: dict[str, float], domain: str, wanted: dict[str, float]) -> list[SizeLine]:
    if not populations:
        return []
    whole = np.array(list(populations.values()))
    given: dict[str, Any] = {
        "proportion": wanted["proportion"] / 100,
        "population": whole,
        "design_effect": wanted["deff"],
    }
    found = size.for_proportion(wanted["half_width"] / 100, response_rate=wanted["response"] / 100, **given)
    reached = size.half_width(found.respondents, **given) * 100
    return [
        SizeLine(_domain_word(domain, name), int(n), int(answer), int(choose), float(width))
        for (name, n), answer, choose, width in zip(
            populations.items(), found.respondents, found.select, reached, strict=True
        )
    ]


def _shares(strata: list[reads.Stratum], args: Any, exponent: float) -> list[ShareLine]:
    total, minimum = _count(_("Units to share out"), args["total"]), _count(_("Minimum"), args.get("minimum") or "0")
    counts = np.array([each.units for each in strata])
    sizes = np.array([each.size for each in strata])
    spread = np.array([each.deviation for each in strata])
    rules = (
        allocate.proportional(total, counts, minimum=minimum),
        allocate.power(total, counts, exponent=exponent, minimum=minimum),
        allocate.neyman(total, counts, spread if spread.any() else np.ones_like(sizes), minimum=minimum),
    )
    return [ShareLine(each.name, each.units, *map(int, row)) for each, *row in zip(strata, *rules, strict=True)]


def _number(name: str, text: str) -> float:
    """Return a typed number within its range; percents are 0 < x ≤ 100."""
    if not text.strip():
        return _DEFAULTS[name]
    value = parse_decimal(text)
    top = 100 if name in _PERCENT else 1 if name == "exponent" else 50
    if value is None or not 0 <= value <= top or (value == 0 and name != "exponent"):
        words = {
            "half_width": _("Half-width of the interval"),
            "proportion": _("Expected share"),
            "deff": _("Design effect"),
            "response": _("Expected response rate"),
            "exponent": _("Exponent"),
        }
        raise Problem("bad-value", name=words[name], value=text, expected=f"0 … {top}")
    return float(value)


def _count(name: str, text: str) -> int:
    written = text.strip().replace(".", "")
    if not written.isdecimal():
        raise Problem("bad-value", name=name, value=text, expected="0, 1, 2 …")
    return int(written)


def _domain_word(domain: str, name: str) -> str:
    if domain == "district":
        return units.district(name).name
    return name if domain == "stratum" else _("The whole territory")
