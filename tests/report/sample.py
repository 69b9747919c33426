"""A run's results as plain values, built from plan 128 and the real places, with the awkward cases that layouts meet.

Every number follows from the indicator, the domain and a fixed formula, so that tests can name the figures they expect:
KT1 has an official figure and KT2 has none, KT6 is small, XH8 is 0 % in one district, XH10 is 100 %, the longest unit
name carries a suppressed cell.
"""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, date, datetime

from survey.query.results import (
    Figure,
    Indicator,
    Official,
    Quality,
    Response,
    RunHead,
    RunResults,
    Target,
    Variant,
    WeightStep,
)
from survey.reference import plan, units
from survey.reference.wording import Wording

_SHARES = {
    "KT1": (8.31, 1.6), "KT2": (7.4, 1.9), "KT3": (11.23, 1.1), "KT4": (61.4, 2.4), "KT5": (63.05, 2.2),
    "KT6": (1.87, 0.24), "XH1": (83.42, 1.1), "XH2": (79.96, 1.3), "XH3": (24.3, 1.2), "XH4": (71.3, 1.6),
    "XH5": (96.2, 0.7), "XH6": (66.6, 1.7), "XH7": (48.9, 1.5), "XH8": (12.4, 1.0), "XH9": (74.8, 1.4),
    "XH10": (100.0, 0.0), "XH11": (72.4, 1.2),
}  # fmt: skip
_CASES = {"household": 2211, "member": 5903, "selected-respondent": 2077, "enterprise": 512, "institution": 331}
_SECTORS = (
    ("A", "Nông, lâm nghiệp và thuỷ sản", "Agriculture, forestry and fishing", 0.4),
    ("C", "Công nghiệp chế biến, chế tạo", "Manufacturing", 4.1),
    ("F", "Xây dựng", "Construction", 3.2),
    ("G", "Bán buôn và bán lẻ; sửa chữa ô tô, mô tô, xe máy và xe có động cơ khác", "Trade", 9.4),
    ("J", "Thông tin và truyền thông", "Information and communication", 91.7),
)
_SIZES = (("micro", "Siêu nhỏ", "Micro"), ("small", "Nhỏ", "Small"), ("medium", "Vừa", "Medium"))
_LEVELS = (("primary", "Tiểu học", "Primary"), ("secondary", "Trung học cơ sở", "Lower secondary"))
_SEXES = (("1", "Nam", "Male"), ("2", "Nữ", "Female"))
_AGES = (("18-29", "18–29 tuổi", "18–29"), ("30-44", "30–44 tuổi", "30–44"), ("60+", "Từ 60 tuổi", "60 and over"))
_AREAS = (("1", "Thành thị", "Urban"), ("2", "Nông thôn", "Rural"))
SUPPRESSED_UNIT = "31453"
EMPTY_DISTRICT = "936"


def results(*, state: str = "released", synthetic: bool = True) -> RunResults:
    """Return a whole run."""
    return RunResults(head(state, synthetic), tuple(_indicator(entry) for entry in plan.indicators()), _quality())


def head(state: str, synthetic: bool) -> RunHead:
    """Return what identifies the run."""
    moment = datetime(2026, 11, 20, 3, 4, 5, tzinfo=UTC)
    return RunHead(
        id=7,
        round_id=3,
        round_code="2026",
        round_title="Khảo sát kinh tế số và xã hội số năm 2026",
        reference_date=date(2026, 10, 1),
        starts_on=date(2026, 10, 1),
        ends_on=date(2026, 11, 15),
        is_synthetic=synthetic,
        legal_basis="Quyết định số 1234/QĐ-UBND ngày 01/8/2026 của Ủy ban nhân dân thành phố Cần Thơ",
        state=state,
        digest="5f2a" * 16,
        snapshot_digest="90bd" * 16,
        code_version="0.1.0",
        seed=128,
        created_at=moment,
        released_at=moment if state == "released" else None,
    )


def previous(indicator: Indicator) -> Figure | None:
    """Return the figure of an earlier round, lower by four points."""
    figure = indicator.main.figure
    if figure is None or figure.estimate is None or indicator.code == "XH10":
        return None
    return replace(figure, estimate=max(0.5, figure.estimate - 4))


def _indicator(entry: plan.Indicator) -> Indicator:
    variants = [v for v in entry.variants if v.from_survey]
    lead = entry.survey_headline(2025)
    variants.sort(key=lambda v: v.id != lead.id)
    targets = tuple(_target(entry, target) for target in entry.targets)
    group = next(name for code, name in plan.plan().groups if code is entry.group)
    return Indicator(
        code=entry.id,
        group=group,
        name=entry.name,
        population=lead.universe,
        numerator=lead.numerator,
        denominator=lead.denominator,
        period=entry.reference_period,
        source=entry.source,
        definition=_definition(entry, lead),
        note=entry.note,
        experimental=entry.experimental,
        census=lead.level is plan.Level.INSTITUTION,
        targets=targets,
        variants=tuple(_variant(entry, v, place, targets) for place, v in enumerate(variants)),
        official=_official(entry.id),
    )


def _definition(entry: plan.Indicator, lead: plan.Variant) -> str:
    if entry.experimental:
        return "experimental"
    return {"official": "official", "sourced": "partial", "proposed": "proposed"}[lead.status.value]


def _target(entry: plan.Indicator, target: plan.Target) -> Target:
    variant = entry.survey_headline(target.year).id
    return Target(target.year, target.name, target.operator.value, float(target.percent), target.wording, variant)


def _official(code: str) -> tuple[Official, ...]:
    if code != "KT1":
        return ()
    return (Official("", 9.1, "Thống kê thành phố Cần Thơ", date(2026, 7, 1), "preliminary", "Thông cáo 6 tháng"),)


def _variant(entry: plan.Indicator, variant: plan.Variant, place: int, targets: tuple[Target, ...]) -> Variant:
    judged = {t.year: t for t in targets if t.variant == variant.id and not entry.experimental}
    share, se = _SHARES[entry.id]
    share = max(0.4, share - 6.5 * place) if place else share
    cases = _CASES.get(variant.level.value, 512)

    def figure(dimension: str, code: str, label: Wording, value: float, error: float, n: int, psus: int) -> Figure:
        return _figure(entry.id, variant.id, dimension, code, label, value, error, n, psus, judged)

    whole = figure("province", "", Wording("Toàn địa bàn", "Whole territory"), share, se, cases, 120)
    breakdowns = {
        dimension: tuple(
            figure(dimension, code, label, *_moved(entry.id, code, share, se, weight, cases))
            for code, label, weight in domains
        )
        for dimension, domains in _domains(variant).items()
    }
    if entry.id == "KT2":
        breakdowns["sector"] = tuple(
            figure("sector", code, Wording(vi, en), value, max(0.3, value / 9), 100, 60)
            for code, vi, en, value in _SECTORS
        )
    return Variant(variant.id, variant.label, variant.numerator, variant.level.value, place == 0, whole, breakdowns)


def _domains(variant: plan.Variant) -> dict[str, list[tuple[str, Wording, int]]]:
    def plain(entries: tuple[tuple[str, str, str], ...]) -> list[tuple[str, Wording, int]]:
        return [(code, Wording(vi, en), len(entries)) for code, vi, en in entries]

    places = {
        "district": [(d.code, Wording(d.name, d.name), 8) for d in units.districts()],
        "unit": [(u.code, Wording(u.name, u.name), 28) for u in units.present_units()],
    }
    if variant.level is plan.Level.ENTERPRISE:
        return {"district": places["district"], "size": plain(_SIZES)}
    if variant.level is plan.Level.INSTITUTION:
        return {"district": places["district"], "level": plain(_LEVELS)}
    areas = {"urban_old": plain(_AREAS), "urban_new": plain(_AREAS)}
    people = {} if variant.level is plan.Level.HOUSEHOLD else {"sex": plain(_SEXES), "age": plain(_AGES)}
    return places | areas | people


def _moved(code: str, domain: str, share: float, se: float, weight: int, cases: int) -> tuple[float, float, int, int]:
    """Return a domain's share, standard error, n and PSUs: apart from the whole by a fixed wave."""
    wave = math.sin(sum(map(ord, code + domain)) * 1.7)
    spread = 9 * math.sqrt(share * (100 - share)) / 50
    value = 100.0 if share == 100 else min(99.5, max(0.3, share + wave * spread))
    if code == "XH8" and domain == EMPTY_DISTRICT:
        value = 0.0
    return value, se * math.sqrt(weight), max(4, cases // weight), max(3, 120 // weight)


def _figure(
    code: str,
    variant: str,
    dimension: str,
    category: str,
    label: Wording,
    share: float,
    se: float,
    n: int,
    psus: int,
    judged: dict[int, Target],
) -> Figure:
    low, high, reasons = _interval(share, se, n)
    hidden = n < 30 or category == SUPPRESSED_UNIT
    flag = "suppress" if hidden else "flag" if dimension == "unit" and n < 80 else "publish"
    shown = None if hidden else share
    decides = dimension == "province" and not hidden
    verdicts = {year: _verdict(share, low, high, target) for year, target in judged.items() if decides}
    return Figure(
        indicator=code,
        variant=variant,
        dimension=dimension,
        category=category,
        label=label,
        estimate=shown,
        se=None if hidden else se,
        ci_low=None if hidden else low,
        ci_high=None if hidden else high,
        ci_method="logit",
        deff=None if hidden else 1.7,
        df=None if hidden else float(psus - 1),
        n=n,
        n_psu=psus,
        flag=flag,
        reasons=("few-cases",) if hidden else reasons,
        verdicts=verdicts,
        probabilities=dict.fromkeys(verdicts, 0.5),
        eligible=n + 20,
        dont_know=15,
        refused=5,
        item_response=None if hidden else 98.5,
        all_no=None if hidden else max(0.0, share - 1.2),
        all_yes=None if hidden else min(100.0, share + 1.1),
        numerator_count=None if hidden else round(n * share / 100),
    )


def _interval(share: float, se: float, n: int) -> tuple[float, float, tuple[str, ...]]:
    if share == 0:
        return 0.0, 100 * (1 - 0.05 ** (1 / n)), ("extreme",)
    if share == 100:
        return 100 * 0.05 ** (1 / n), 100.0, ("extreme",)
    return max(0.0, share - 1.98 * se), min(100.0, share + 1.98 * se), ()


def _verdict(share: float, low: float, high: float, target: Target) -> str:
    def meets(value: float) -> bool:
        return value > target.value if target.operator == ">" else value >= target.value

    if target.value == 100 and share == 100:
        return "none-against"
    if meets(low):
        return "met"
    if not meets(high):
        return "not-met"
    return "likely-met" if meets(share) else "likely-not-met"


def _quality() -> Quality:
    return Quality(
        responses=(
            _response("household", 197_000, 2400, 2211, 96, 61, 32),
            _response("respondent", 0, 2211, 2077, 80, 54, 0),
            _response("enterprise", 4007, 640, 512, 70, 40, 18),
            _response("institution", 349, 349, 331, 8, 10, 0),
        ),
        weights=(
            WeightStep("household", "base", 2400, 197_000.0, 40.1, 80.2, 160.0, 1.08),
            WeightStep("household", "nonresponse", 2211, 197_000.0, 42.0, 87.5, 190.4, 1.12),
            WeightStep("enterprise", "base", 640, 4007.0, 1.0, 5.5, 21.0, 1.31),
        ),
        calibrated=False,
        notes=(
            Wording(
                "Quyền số chưa được hiệu chỉnh theo tổng dân số vì chưa có tổng kiểm soát do cơ quan thống kê công bố.",
                "Weights are not calibrated: no released control totals have been entered.",
            ),
        ),
        excluded={"submitted": 12, "returned": 4},
    )


def _response(
    kind: str, frame: int, sampled: int, completed: int, refused: int, absent: int, ineligible: int
) -> Response:
    rate = 100 * completed / (sampled - ineligible)
    return Response(
        kind=kind,
        frame=frame,
        sampled=sampled,
        completed=completed,
        partial=0,
        refused=refused,
        not_contacted=absent,
        other=0,
        ineligible=ineligible,
        unknown=0,
        rates={f"RR{i}": rate for i in range(1, 7)},
        states={"approved": completed},
    )
