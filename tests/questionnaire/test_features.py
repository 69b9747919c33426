"""One tiny questionnaire per feature of the language, from its table to what is asked and stored."""

from __future__ import annotations

import random

import pytest

from survey.questionnaire.evaluate import MAX_ROWS, evaluate, fresh
from survey.questionnaire.instrument import Question, plain
from tests.questionnaire.tiny import NOW, codes, evaluated, form, judged

YES_NO = """
| list_name | name | label |
| yn        | 1    | Có    |
| yn        | 2    | Không |
"""


def test_every_plain_type_keeps_its_kind() -> None:
    compiled = form(
        """
        | type        | name   | label | parameters            | appearance | calculation |
        | start       | start  |       |                       |            |             |
        | end         | end    |       |                       |            |             |
        | today       | today  |       |                       |            |             |
        | deviceid    | device |       |                       |            |             |
        | audit       | audit  |       |                       |            |             |
        | text        | a      | A     |                       | multiline  |             |
        | integer     | b      | B     |                       | numbers    |             |
        | decimal     | c      | C     |                       |            |             |
        | date        | d      | D     |                       | month-year |             |
        | time        | e      | E     |                       |            |             |
        | dateTime    | f      | F     |                       |            |             |
        | range       | g      | G     | start=0 end=10 step=2 |            |             |
        | note        | h      | H     |                       |            |             |
        | acknowledge | i      | I     |                       |            |             |
        | geopoint    | j      | J     |                       |            |             |
        | image       | k      | K     | max-pixels=1024       |            |             |
        | image       | l      | L     | max-pixels=1024       | signature  |             |
        | file        | m      | M     |                       |            |             |
        | calculate   | n      |       |                       |            | 1 + 1       |
        | hidden      | o      |       |                       |            |             |
        """
    )
    kinds = {question.name: question.kind for question, _ in compiled.instrument.questions()}
    plain_kinds = (
        "text integer decimal date time datetime range note acknowledge geopoint image image file calculate hidden"
    )
    assert [kinds[name] for name in "abcdefghijklmno"] == plain_kinds.split()
    assert {kinds[name] for name in ("start", "end", "today", "device", "audit", "instanceID")} == {"metadata"}
    signature = compiled.instrument.node("l")
    assert isinstance(signature, Question)
    assert signature.appearance == "signature"
    assert signature.parameters == {"max-pixels": "1024"}


def test_a_cascade_from_media_files_offers_only_what_the_filter_lets_through() -> None:
    media = {"communes.csv": "name,label,district\n01,Xã Một,A\n02,Xã Hai,B\n03,Xã Ba,A\n".encode()}
    compiled = form(
        """
        | type                              | name | label | choice_filter  |
        | select_one d                      | d    | Huyện |                |
        | select_one_from_file communes.csv | c    | Xã    | district=${d}  |
        | calculate                         | x    |       |                |
        """.replace("        | calculate                         | x    |       |                |\n", ""),
        """
        | list_name | name | label |
        | d         | A    | Huyện A |
        | d         | B    | Huyện B |
        """,
        media,
    )
    evaluation = evaluated(compiled, {"d": "A", "c": "01"})
    assert [(choice.value, choice.label["vi"]) for choice in evaluation.choices("c")] == [
        ("01", "Xã Một"),
        ("03", "Xã Ba"),
    ]
    assert codes(judged(compiled, {"d": "B", "c": "01"})) == [("c", "choice")]
    assert codes(judged(compiled, {"d": "A", "c": "03"})) == []


def test_a_select_multiple_is_refused_for_one_wrong_or_repeated_code() -> None:
    compiled = form("| type | name | label |\n| select_multiple yn | q | Q |", YES_NO)
    assert codes(judged(compiled, {"q": "2 1"})) == []
    assert codes(judged(compiled, {"q": "1 3"})) == [("q", "choice")]
    assert codes(judged(compiled, {"q": "1 1"})) == [("q", "choice")]


def test_or_other_adds_the_choice_and_the_text_in_both_languages() -> None:
    compiled = form("| type | name | label |\n| select_one yn or_other | q | Q |", YES_NO)
    question, other = compiled.instrument.node("q"), compiled.instrument.node("q_other")
    assert isinstance(question, Question)
    assert question.choices is not None
    assert dict(question.choices.items[-1].label) == {"vi": "Khác", "en": "Other"}
    assert plain(other.label, "vi") == "Ghi rõ"
    assert evaluated(compiled, {"q": "other"}).relevant("q_other")
    assert "q_other" not in judged(compiled, {"q": "1", "q_other": "gì đó"}).answers


def test_what_is_not_asked_is_pruned_and_counts_as_blank() -> None:
    compiled = form(
        """
        | type        | name | label | relevant | calculation         |
        | integer     | n    | N     |          |                     |
        | begin_group | g    | G     | ${n} > 5 |                     |
        | integer     | a    | A     |          |                     |
        | end_group   |      |       |          |                     |
        | calculate   | s    |       |          | coalesce(${a}, -1)  |
        """
    )
    assert judged(compiled, {"n": "9", "g": {"a": "7"}}).answers["s"] == "7"
    verdict = judged(compiled, {"n": "1", "g": {"a": "7"}})
    assert verdict.answers["s"] == "-1"
    assert "g" not in verdict.answers


def test_a_constraint_speaks_with_its_own_message_and_skips_blank_answers() -> None:
    compiled = form(
        """
        | type    | name | label | constraint        | constraint_message     | required |
        | integer | age  | Tuổi  | . >= 0 and . < 130 | ${age} tuổi là không thể | yes      |
        """
    )
    finding = judged(compiled, {"age": "200"}).findings[0]
    assert (finding.code, finding.message["vi"], finding.value) == ("constraint", "200 tuổi là không thể", "200")
    assert codes(judged(compiled, {"age": ""})) == [("age", "required")]
    assert codes(judged(compiled, {"age": "30"})) == []


def test_a_soft_check_warns_keeps_the_reason_and_never_blocks() -> None:
    compiled = form(
        """
        | type    | name | label | warning | warning_message          |
        | integer | size | Số    | . > 12  | Hộ có ${size} người?     |
        """
    )
    verdict = judged(compiled, {"size": "15", "size_reason": "ba thế hệ"})
    assert [(f.severity, f.code, f.message["vi"], f.reason) for f in verdict.findings] == [
        ("warning", "warning", "Hộ có 15 người?", "ba thế hệ")
    ]
    assert verdict.errors == ()
    assert verdict.answers["size_reason"] == "ba thế hệ"
    assert judged(compiled, {"size": "5", "size_reason": "thừa"}).answers["size_reason"] == ""


def test_our_own_columns_travel_in_the_xform_alone() -> None:
    compiled = form(
        """
        | type | name | label | identity | sensitive | indicator | bank  | universe      |
        | text | who  | Tên   | yes      | yes       | XH1 XH2   | TV-A2 | Mọi thành viên |
        """,
        form_code="Phiếu số 1/KTXHS-HO",
    )
    question = compiled.instrument.node("who")
    assert isinstance(question, Question)
    assert (question.identity, question.sensitive, question.indicators, question.bank) == (
        True,
        True,
        ("XH1", "XH2"),
        ("TV-A2",),
    )
    assert plain(question.universe, "vi") == "Mọi thành viên"
    assert compiled.instrument.code == "Phiếu số 1/KTXHS-HO"
    assert dict(compiled.instrument.title) == {"vi": "Thử", "en": "Test"}


COUNTED = """
| type         | name | label    | repeat_count | calculation            | relevant   |
| integer      | n    | N        |              |                        |            |
| begin_repeat | m    | M ${n}   | ${n}         |                        |            |
| text         | who  | Tên      |              |                        |            |
| integer      | kn   | Số K     |              |                        |            |
| begin_repeat | k    | K        | ${kn}        |                        |            |
| decimal      | v    | V        |              |                        |            |
| calculate    | at   |          |              | concat(position(../..), '.', position(..)) | |
| end_repeat   |      |          |              |                        |            |
| calculate    | sum  |          |              | sum(${v0})             |            |
| end_repeat   |      |          |              |                        |            |
"""


def test_a_counted_roster_has_as_many_rows_as_the_count_says() -> None:
    compiled = form(
        COUNTED.replace("| calculate    | sum  |          |              | sum(${v0})             |            |\n", "")
    )
    rows = [{"who": "A", "kn": "2", "k": [{"v": "1"}, {"v": "2"}]}, {"who": "B"}, {"who": "C"}]
    answers = evaluated(compiled, {"n": "2", "m": rows}).answers
    assert [row["who"] for row in answers["m"]] == ["A", "B"]
    assert [row["at"] for row in answers["m"][0]["k"]] == ["1.1", "1.2"]
    assert "k" not in answers["m"][1]
    assert [row["who"] for row in evaluated(compiled, {"n": "5", "m": rows}).answers["m"]] == ["A", "B", "C", "", ""]
    assert codes(judged(compiled, {"n": "2", "m": rows})) == [("m", "rows")]


@pytest.mark.parametrize("count", ["1000000000", "999999999999999", "2147483648"])
def test_a_posted_count_of_a_billion_builds_a_capped_roster(count: str) -> None:
    compiled = form(
        """
        | type         | name | label | repeat_count |
        | integer      | n    | N     |              |
        | begin_repeat | m    | M     | ${n}         |
        | text         | who  | Tên   |              |
        | end_repeat   |      |       |              |
        """
    )
    verdict = judged(compiled, {"n": count, "m": []})
    assert len(verdict.answers["m"]) == MAX_ROWS
    assert ("m", "roster") in codes(verdict)


def test_user_added_rows_above_the_cap_are_not_taken() -> None:
    compiled = form(
        """
        | type         | name | label |
        | begin_repeat | m    | M     |
        | text         | who  | Tên   |
        | end_repeat   |      |       |
        """
    )
    verdict = judged(compiled, {"m": [{"who": "x"}] * 5000})
    assert len(verdict.answers["m"]) == MAX_ROWS
    assert ("m", "roster") in codes(verdict)


def test_forged_calculations_are_ignored_but_a_draw_is_kept() -> None:
    compiled = form(
        """
        | type      | name  | label | calculation    |
        | integer   | a     | A     |                |
        | calculate | twice |       | ${a} * 2       |
        | calculate | lot   |       | once(random()) |
        """
    )
    verdict = judged(compiled, {"a": "4", "twice": "1000", "lot": "0.25"})
    assert (verdict.answers["twice"], verdict.answers["lot"]) == ("8", "0.25")


def test_a_stored_draw_is_never_drawn_again() -> None:
    compiled = form(
        """
        | type         | name | label | calculation                              |
        | calculate    | lot  |       | once(random())                           |
        | calculate    | pick |       | int(${lot} * 5) + 1                      |
        """
    )
    first = fresh(compiled.instrument, now=NOW, rng=random.Random(7))
    again = evaluate(compiled.instrument, first, now=NOW, rng=random.Random(99)).answers
    assert again["lot"] == first["lot"]
    assert again["pick"] == first["pick"]
    assert 1 <= int(first["pick"]) <= 5


def test_defaults_are_given_once_static_and_dynamic() -> None:
    compiled = form(
        """
        | type         | name | label | default            | read_only |
        | integer      | a    | A     | 5                  |           |
        | text         | b    | B     | concat('x', ${a})  | yes       |
        | begin_repeat | m    | M     |                    |           |
        | select_one yn | c   | C     | 2                  |           |
        | end_repeat   |      |       |                    |           |
        """,
        YES_NO,
    )
    answers = fresh(compiled.instrument, now=NOW)
    assert (answers["a"], answers["b"], answers["m"]) == ("5", "x5", [{"c": "2"}])
    assert evaluated(compiled, answers).readonly("b")


def test_choices_can_be_the_rows_of_a_roster() -> None:
    compiled = form(
        """
        | type             | name | label | choice_filter |
        | begin_repeat     | m    | M     |               |
        | text             | who  | Tên   |               |
        | integer          | age  | Tuổi  |               |
        | end_repeat       |      |       |               |
        | select_one ${who} | head | Chủ hộ | ${age} >= 18 |
        """
    )
    answers = {"m": [{"who": "An", "age": "40"}, {"who": "Bé", "age": "3"}, {"who": "Chi", "age": "38"}], "head": "Bé"}
    assert [choice.value for choice in evaluated(compiled, answers).choices("head")] == ["An", "Chi"]
    assert codes(judged(compiled, answers)) == [("head", "choice")]


def test_labels_carry_answers_in_both_languages_and_dates_the_vietnamese_way() -> None:
    compiled = form(
        """
        | type | name | label::Tiếng Việt (vi) | label::English (en) |
        | date | born | Ngày sinh              | Born                |
        | note | say  | Sinh ngày ${born}      | Born on ${born}     |
        """
    )
    evaluation = evaluated(compiled, {"born": "1990-02-05"})
    assert evaluation.label("say", "vi") == "Sinh ngày 05/02/1990"
    assert evaluation.label("say", "en") == "Born on 05/02/1990"


def test_today_is_the_day_of_the_interview_in_vietnam_not_of_the_sync() -> None:
    compiled = form(
        """
        | type      | name | label | calculation                     |
        | end       | end  |       |                                 |
        | calculate | day  |       | format-date(today(), '%d/%m/%Y') |
        """
    )
    assert judged(compiled, {"end": "2026-03-01T23:30:00.000Z"}).answers["day"] == "02/03/2026"
    assert judged(compiled, {}).answers["day"] == "23/11/2026"


@pytest.mark.parametrize(
    ("kind", "bad", "good"),
    [
        ("integer", "1.5", "15"),
        ("integer", "abc", "-3"),
        ("decimal", "1,5", "1.5"),
        ("date", "2026-02-30", "2026-02-28"),
        ("date", "23/11/2026", "2026-11-23"),
        ("dateTime", "2026-11-23", "2026-11-23T08:00:00.000+07:00"),
        ("time", "25:00", "08:30:00.000+07:00"),
        ("geopoint", "91 105", "9.78 105.47 0 0"),
        ("image", "a/b.jpg", "đĩa.jpg"),
    ],
)
def test_an_answer_of_the_wrong_form_is_found_and_not_kept(kind: str, bad: str, good: str) -> None:
    parameters = "max-pixels=800" if kind == "image" else ""
    compiled = form(f"| type | name | label | parameters |\n| {kind} | q | Q | {parameters} |")
    verdict = judged(compiled, {"q": bad})
    assert [finding.path for finding in verdict.errors] == ["q"]
    assert verdict.answers["q"] == ""
    kept = judged(compiled, {"q": good})
    assert (kept.findings, kept.answers["q"]) == ((), good)


def test_a_range_is_refused_off_its_scale() -> None:
    compiled = form("| type | name | label | parameters |\n| range | q | Q | start=0 end=10 step=2 |")
    assert codes(judged(compiled, {"q": "6"})) == []
    for wrong in ("5", "12", "-2"):
        assert codes(judged(compiled, {"q": wrong})) == [("q", "range")]


def test_unknown_items_and_wrong_shapes_are_found_and_not_taken() -> None:
    compiled = form(
        """
        | type        | name | label |
        | begin_group | g    | G     |
        | text        | a    | A     |
        | end_group   |      |       |
        """
    )
    verdict = judged(compiled, {"g": {"a": {"deep": "x"}, "b": "1"}, "zz": "2"})
    assert codes(verdict) == [("g/a", "unknown"), ("g/b", "unknown"), ("zz", "unknown")]
    assert verdict.answers["g"] == {"a": ""}


def test_a_ranking_needs_each_choice_once() -> None:
    compiled = form("| type | name | label |\n| rank yn | q | Q |", YES_NO)
    assert codes(judged(compiled, {"q": "2 1"})) == []
    assert codes(judged(compiled, {"q": "2 2"})) == [("q", "choice")]


def test_pictures_of_choices_and_guidance_reach_the_instrument() -> None:
    compiled = form(
        """
        | type          | name | label | hint | guidance_hint | image::Tiếng Việt (vi) | image::English (en) |
        | select_one yn | q    | Q     | H    | Đọc to        | q.png                  | q.png               |
        """,
        YES_NO.replace("label |", "label | image::Tiếng Việt (vi) | image::English (en) |").replace(
            "Có    |", "Có | a.png | a.png |"
        ),
    )
    question = compiled.instrument.node("q")
    assert isinstance(question, Question)
    assert plain(question.guidance, "vi") == "Đọc to"
    assert question.image["vi"] == "q.png"
    assert question.choices is not None
    assert question.choices.items[0].image == "a.png"


def test_a_lookup_in_a_list_reads_a_column_of_the_chosen_row() -> None:
    media = {"units.csv": b"name,label,code\n1,Mot,A\n2,Hai,B\n"}
    compiled = form(
        """
        | type                           | name | label | calculation                                          |
        | select_one_from_file units.csv | u    | U     |                                                      |
        | calculate                      | c    |       | instance('units')/root/item[name = ${u}]/code        |
        """,
        "",
        media,
    )
    assert evaluated(compiled, {"u": "2"}).answers["c"] == "B"
    assert evaluated(compiled, {"u": ""}).answers["c"] == ""
