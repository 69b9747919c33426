"""Instance XML: what any client may send, and the round trip of answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from survey.errors import Problem
from survey.questionnaire import instance
from survey.questionnaire.evaluate import evaluate
from survey.questionnaire.xform import compile_form
from tests.questionnaire.interviews import NOW, random_answers
from tests.questionnaire.tiny import form, judged

FORMS = sorted((Path(__file__).parents[2] / "forms").glob("*.csv"))


@pytest.mark.parametrize("path", FORMS, ids=lambda path: path.stem)
def test_answers_survive_the_round_trip_through_xml(path: Path) -> None:
    made = compile_form(path).instrument
    for seed in range(40):
        answers = evaluate(made, random_answers(made, seed), now=NOW).answers
        answers.pop("meta")
        xml = instance.serialise(
            made, answers, instance_id=f"uuid:{seed}", deprecated_id="uuid:old", instance_name="Hộ <1> & 2"
        )
        read = instance.parse(xml)
        assert (read.form_id, read.version) == (made.form_id, made.version)
        assert (read.instance_id, read.deprecated_id, read.instance_name) == (f"uuid:{seed}", "uuid:old", "Hộ <1> & 2")
        back = instance.shape(made, read.answers)
        back.pop("meta")
        assert back == answers
        assert instance.serialise(made, back, instance_id="uuid:x") == instance.serialise(
            made, answers, instance_id="uuid:x"
        )


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "malformed-xml"),
        (b"not xml", "malformed-xml"),
        (b"<data><a></data>", "malformed-xml"),
        (b"<!DOCTYPE d [<!ENTITY a 'b'>]><data>&a;</data>", "malformed-xml"),
        (b"<data>" + b"<a>" * 5000 + b"</a>" * 5000 + b"</data>", "malformed-xml"),
        (b"\xff\xfe<data/>", "malformed-xml"),
        (b"<data id='x'/>", "no-instance-id"),
        (b"<data id='x'><meta><instanceID> </instanceID></meta></data>", "no-instance-id"),
        (b"<data id='x'><meta><instanceID><b/></instanceID></meta></data>", "no-instance-id"),
    ],
)
def test_what_cannot_be_read_is_one_clear_problem(xml: bytes, code: str) -> None:
    with pytest.raises(Problem) as raised:
        instance.parse(xml)
    assert raised.value.code == code


def test_namespaces_attributes_and_a_single_row_are_read_as_collect_writes_them() -> None:
    compiled = form(
        """
        | type         | name | label |
        | begin_repeat | m    | M     |
        | text         | who  | Tên   |
        | end_repeat   |      |       |
        """
    )
    xml = """<?xml version='1.0' ?><data xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms"
      id="tiny" version="1"><m><who>Đào</who></m><orx:meta><orx:instanceID>uuid:1</orx:instanceID></orx:meta></data>"""
    read = instance.parse(xml.encode())
    assert (read.form_id, read.version, read.instance_id) == ("tiny", "1", "uuid:1")
    assert instance.shape(compiled.instrument, read.answers)["m"] == [{"who": "Đào"}]
    assert judged(compiled, read.answers).answers["m"] == [{"who": "Đào"}], "the judge takes a single row as well"


@pytest.mark.parametrize(
    "head", ["", "<?xml version='1.0'?>", '<?xml version="1.0" encoding="UTF-8"?>\n', "<!-- x -->"]
)
def test_a_document_reads_the_same_however_it_begins(head: str) -> None:
    body = '<data id="f" version="1"><a>Đỗ &amp; Võ</a><meta><instanceID>uuid:1</instanceID></meta></data>'
    assert instance.parse(f"{head}{body}".encode()).answers["a"] == "Đỗ & Võ"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "cp037"])
def test_a_declaration_is_refused_in_whatever_encoding_it_hides(encoding: str) -> None:
    body = '<!DOCTYPE d [<!ENTITY a "b">]><data id="f"><meta><instanceID>&a;</instanceID></meta></data>'
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    with pytest.raises(Problem) as caught:
        instance.parse(head.encode("ascii" if encoding == "cp037" else encoding) + body.encode(encoding))
    assert caught.value.code == "malformed-xml"
