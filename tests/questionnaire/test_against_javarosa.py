# ruff: noqa: E501 - tables are wider than a line
"""Differential fuzz: the same random interviews through JavaRosa and through us; no unexplained difference is
allowed.

Compared: what is asked and in which order, required, read-only, refusals, labels in both languages, choices
with their labels, every value.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.questionnaire.xform import CompiledForm, compile_form
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.oracle import AVAILABLE, Oracle, differences, validated
from tests.questionnaire.tiny import form

pytestmark = pytest.mark.skipif(not AVAILABLE, reason="needs a JDK")
FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.csv"))
INTERVIEWS = 60

NESTED = """
| type            | name    | label           | repeat_count | relevant        | calculation                                   | constraint | constraint_message | required | choice_filter  |
| integer         | plots   | Số thửa         |              |                 |                                               | . <= 6     | Nhiều quá          | yes      |                |
| decimal         | rate    | Tỷ lệ           |              | ${plots} > 1    |                                               |            |                    |          |                |
| begin_repeat    | plot    | Thửa ${plots}   | ${plots}     |                 |                                               |            |                    |          |                |
| calculate       | nth     |                 |              |                 | position(..)                                  |            |                    |          |                |
| decimal         | area    | Diện tích ${nth} |             |                 |                                               | . > 0      | Phải dương         | yes      |                |
| select_one use  | use     | Mục đích        |              | ${area} > 1     |                                               |            |                    | yes      |                |
| integer         | crops_n | Số cây          |              |                 |                                               | . <= 3     | Nhiều quá          |          |                |
| begin_repeat    | crop    | Cây trồng       | ${crops_n}   | ${use} = '1'    |                                               |            |                    |          |                |
| select_one crop | kind    | Loại ${nth}     |              |                 |                                               |            |                    |          | use = ${use}   |
| decimal         | yield   | Năng suất       |              | ${kind} != ''   |                                               |            |                    |          |                |
| calculate       | tonnes  |                 |              |                 | coalesce(${yield}, 0) * coalesce(${area}, 0)  |            |                    |          |                |
| calculate       | place   |                 |              |                 | concat(position(../..), '-', position(..))    |            |                    |          |                |
| end_repeat      |         |                 |              |                 |                                               |            |                    |          |                |
| calculate       | crops   |                 |              |                 | count(${crop})                                |            |                    |          |                |
| calculate       | total   |                 |              |                 | sum(${tonnes})                                |            |                    |          |                |
| text            | story   | ${kind_names}   |              | ${crops} > 1    |                                               |            |                    |          |                |
| calculate       | kind_names |              |              |                 | join(', ', ${kind})                           |            |                    |          |                |
| end_repeat      |         |                 |              |                 |                                               |            |                    |          |                |
| calculate       | sum_all |                 |              |                 | round(sum(${total}), 2)                       |            |                    |          |                |
| calculate       | big     |                 |              |                 | count(${plot}[area > 5])                      |            |                    |          |                |
| calculate       | first   |                 |              |                 | indexed-repeat(${area}, ${plot}, 1)           |            |                    |          |                |
| calculate       | second  |                 |              |                 | indexed-repeat(${tonnes}, ${plot}, 2, ${crop}, 1) |        |                    |          |                |
| note            | say     | Tổng ${sum_all} tấn, ${big} thửa lớn |  | ${plots} > 0 |                                             |            |                    |          |                |
"""
LISTS = """
| list_name | name | label      | use |
| use       | 1    | Trồng trọt |     |
| use       | 2    | Chăn nuôi  |     |
| crop      | lua  | Lúa        | 1   |
| crop      | mia  | Mía        | 1   |
| crop      | heo  | Heo        | 2   |
"""

ADDED = """
| type               | name  | label        | relevant                    | calculation                                  | constraint                       | constraint_message | choice_filter  |
| select_multiple d  | have  | Có gì        |                             |                                              | not(selected(., '9') and count-selected(.) > 1) | Mâu thuẫn |                |
| begin_repeat       | person | Người       | not(selected(${have}, '9')) |                                              |                                  |                    |                |
| text               | who   | Tên          |                             |                                              | regex(., '^[^0-9]+$')            | Không có số        |                |
| date               | born  | Ngày sinh    |                             |                                              | . <= today()                     | Chưa sinh          |                |
| calculate          | age   |              |                             | int((number(format-date(today(), '%Y%m%d')) - number(format-date(${born}, '%Y%m%d'))) div 10000) | |         |                |
| select_one d       | main  | Chính        | ${age} >= 15                |                                              |                                  |                    | selected(${have}, name) |
| calculate          | named |              |                             | jr:choice-name(${main}, '${main}')           |                                  |                    |                |
| calculate          | adult |              |                             | if(${age} >= 18, 1, 0)                       |                                  |                    |                |
| begin_repeat       | trip  | Chuyến       | ${age} > 20                 |                                              |                                  |                    |                |
| integer            | km    | Km           |                             |                                              | . >= 0 and . <= 40               | Xa quá             |                |
| calculate          | far   |              |                             | coalesce(${km}, 0)                           |                                  |                    |                |
| end_repeat         |       |              |                             |                                              |                                  |                    |                |
| end_repeat         |       |              |                             |                                              |                                  |                    |                |
| calculate          | adults |             |                             | sum(${adult})                                |                                  |                    |                |
| calculate          | kms   |              |                             | sum(${far})                                  |                                  |                    |                |
| calculate          | oldest |             |                             | max(${age})                                  |                                  |                    |                |
| calculate          | names |              |                             | join('; ', ${person}[age >= 18]/who)         |                                  |                    |                |
| select_one ${who}  | head  | Chủ hộ       | ${adults} > 0               |                                              |                                  |                    | ${age} >= 18   |
| note               | end   | ${names} (${adults}) | ${adults} > 0       |                                              |                                  |                    |                |
"""
DEVICES = """
| list_name | name | label    |
| d         | 1    | Máy tính |
| d         | 2    | Điện thoại |
| d         | 3    | Ti vi    |
| d         | 9    | Không    |
"""


@pytest.fixture(scope="module")
def oracle(tmp_path_factory: pytest.TempPathFactory) -> Oracle:
    return Oracle.compiled(tmp_path_factory.mktemp("oracle"))


def unexplained(oracle: Oracle, compiled: CompiledForm, seeds: range) -> list[str]:
    interviews = [random_answers(compiled.instrument, seed) for seed in seeds]
    answers = oracle.interviews(compiled, interviews)
    assert len(answers) == len(interviews)
    return [
        f"seed {seed}: {difference}"
        for seed, raw, theirs in zip(seeds, interviews, answers, strict=True)
        for difference in differences(compiled.instrument, raw, theirs, NOW)
    ]


def test_every_instrument_passes_odk_validate(tmp_path: Path) -> None:
    compiled = {path.stem: compile_form(path) for path in FORMS}
    compiled |= {"counted": form(NESTED, LISTS), "extended": form(ADDED, DEVICES)}
    for name, one in compiled.items():
        (tmp_path / f"{name}.xml").write_bytes(one.xml)
    result = validated(sorted(tmp_path.glob("*.xml")))
    assert result.count(">> Xform is valid!") == len(compiled), result


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_real_instruments_mean_the_same_in_collect(oracle: Oracle, path: Path) -> None:
    assert unexplained(oracle, compile_form(path), range(INTERVIEWS)) == []


def test_nested_rosters_with_counts_mean_the_same_in_collect(oracle: Oracle) -> None:
    assert unexplained(oracle, form(NESTED, LISTS), range(INTERVIEWS)) == []


def test_rosters_extended_by_hand_mean_the_same_in_collect(oracle: Oracle) -> None:
    assert unexplained(oracle, form(ADDED, DEVICES), range(INTERVIEWS)) == []
