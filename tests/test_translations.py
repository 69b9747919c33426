"""The catalogues of the package are complete, and the tool that says so tells every kind of fault."""

from __future__ import annotations

import gettext
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.pofile import read_po
from click.testing import CliRunner, Result

from survey.cli.catalogue import Library, check, extract, placeholders, read
from survey.cli.translate import ROOT, translate

PYTHON = """
from flask_babel import gettext as _, ngettext
N_ = str
A = N_("There is no commune {code}.")
B = _("Saved")
C = ngettext("%(num)s answer", "%(num)s answers", 2)
"""
TEMPLATE = '{{ _("Sign in") }}{% trans n=3 %}Page {{ n }} is 100% done{% endtrans %}'
HEADER = r"""msgid ""
msgstr ""
"Content-Type: text/plain; charset=UTF-8\n"
"Plural-Forms: nplurals=1; plural=0;\n"

"""
GOOD = {
    "There is no commune {code}.": "Không có xã {code}.",
    "Saved": "Đã lưu",
    "Sign in": "Đăng nhập",
    "Page %(n)s is 100%% done": "Trang %(n)s xong 100%%",
}
PLURAL = 'msgid "%(num)s answer"\nmsgid_plural "%(num)s answers"\nmsgstr[0] "%(num)s câu trả lời"\n\n'


def _po(entries: dict[str, str], *, tail: str = PLURAL) -> str:
    return HEADER + "".join(f'msgid "{key}"\nmsgstr "{value}"\n\n' for key, value in entries.items()) + tail


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return a small source tree with texts in Python and in a template, and no translations yet."""
    (tmp_path / "survey" / "templates").mkdir(parents=True)
    (tmp_path / "translations" / "vi" / "LC_MESSAGES").mkdir(parents=True)
    (tmp_path / "translations" / "vi" / "fragments").mkdir()
    (tmp_path / "survey" / "one.py").write_text(PYTHON, encoding="utf-8")
    (tmp_path / "survey" / "templates" / "one.html").write_text(TEMPLATE, encoding="utf-8")
    (tmp_path / "translations" / "babel.cfg").write_bytes((ROOT / "translations" / "babel.cfg").read_bytes())
    return tmp_path


def _fragment(tree: Path, name: str, text: str) -> None:
    (tree / "translations" / "vi" / "fragments" / f"{name}.po").write_text(text, encoding="utf-8")


def _run(tree: Path, *arguments: str) -> Result:
    return CliRunner().invoke(translate, ["--root", str(tree), *arguments])


def _catalogue(tree: Path) -> str:
    return (tree / "translations" / "vi" / "LC_MESSAGES" / "messages.po").read_text(encoding="utf-8")


def test_every_text_of_the_system_is_translated() -> None:
    library = Library(ROOT)
    template = extract(library)
    assert len(template) > 100
    for language in library.languages:
        findings = check(template, read(library.po_path(language), language))
        assert not findings, "\n".join(str(finding) for finding in findings)


def test_texts_are_found_in_python_and_in_templates(tree: Path) -> None:
    found = {message.id for message in extract(Library(tree)) if message.id}
    assert found == {*GOOD, ("%(num)s answer", "%(num)s answers")}


def test_merging_fragments_makes_a_complete_sorted_catalogue_without_places_or_dates(tree: Path) -> None:
    _fragment(tree, "a", _po(dict(list(GOOD.items())[:2]), tail=""))
    _fragment(tree, "b", _po(dict(list(GOOD.items())[2:])))
    assert _run(tree, "merge-fragments").exit_code == 0
    text = _catalogue(tree)
    assert "#:" not in text
    assert "Date" not in text
    ids = [line for line in text.splitlines() if line.startswith("msgid ")]
    assert ids == sorted(ids)
    assert _run(tree, "check").exit_code == 0
    _run(tree, "update")
    assert _catalogue(tree) == text


def test_a_fragment_wins_over_the_catalogue_and_the_rest_stays(tree: Path) -> None:
    _fragment(tree, "a", _po(GOOD))
    _run(tree, "merge-fragments")
    _fragment(tree, "a", _po({"Saved": "Đã ghi nhận"}, tail=""))
    _run(tree, "merge-fragments")
    assert 'msgstr "Đã ghi nhận"' in _catalogue(tree)
    assert 'msgstr "Đăng nhập"' in _catalogue(tree)
    assert _run(tree, "check").exit_code == 0


def test_fragments_that_disagree_stop_the_merge_and_nothing_is_written(tree: Path) -> None:
    _fragment(tree, "a", _po(GOOD))
    _fragment(tree, "b", _po({"Saved": "Lưu rồi"}, tail=""))
    result = _run(tree, "merge-fragments")
    assert result.exit_code == 1
    assert "a: Đã lưu; b: Lưu rồi" in result.output
    assert not Library(tree).po_path("vi").exists()
    assert _run(tree, "merge-fragments", "--first").exit_code == 0
    assert 'msgstr "Đã lưu"' in _catalogue(tree)


def test_checking_with_fragments_looks_ahead_without_writing(tree: Path) -> None:
    _fragment(tree, "a", _po(GOOD))
    assert _run(tree, "check").exit_code == 1
    assert _run(tree, "check", "--with-fragments").exit_code == 0
    assert not Library(tree).po_path("vi").exists()


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        (_po({k: v for k, v in GOOD.items() if k != "Saved"}), "missing: 'Saved' (survey/one.py)"),
        (_po({**GOOD, "Saved": ""}), "missing: 'Saved'"),
        (_po(GOOD, tail=""), "missing: '%(num)s answer'"),
        (_po({**GOOD, "Gone": "Không còn"}), "obsolete: 'Gone'"),
        (_po(GOOD) + '#~ msgid "Old"\n#~ msgstr "Cũ"\n', "obsolete: 'Old'"),
        (_po(GOOD).replace('msgid "Saved"', '#, fuzzy\nmsgid "Saved"'), "fuzzy: 'Saved'"),
        (_po({**GOOD, "There is no commune {code}.": "Không có xã {ma}."}), "placeholders differ"),
        (_po({**GOOD, "There is no commune {code}.": "Không có xã."}), "({code})"),
        (_po(GOOD).replace("%(num)s câu", "%(n)s câu"), "placeholders differ: '%(num)s answer'"),
        (_po({**GOOD, "Page %(n)s is 100%% done": "Trang %(n)s xong 100% rồi"}), "stray percent sign"),
        (_po({**GOOD, "Saved": "Đa\u0303 lưu"}), "not in normal form C"),
        (_po({**GOOD, "Saved": "Đã lưu "}), "blanks at the ends differ"),
    ],
)
def test_each_fault_of_a_catalogue_is_named(tree: Path, text: str, finding: str) -> None:
    Library(tree).po_path("vi").write_text(text, encoding="utf-8")
    result = _run(tree, "check")
    assert result.exit_code == 1
    assert finding in result.output


def test_update_adds_new_texts_empty_and_drops_the_ones_that_are_gone(tree: Path) -> None:
    Library(tree).po_path("vi").write_text(_po({"Saved": "Đã lưu", "Gone": "Không còn"}, tail=""), encoding="utf-8")
    result = _run(tree, "update")
    assert "5 messages, 4 missing" in result.output
    assert "Gone" not in _catalogue(tree)
    assert 'msgid "Saved"\nmsgstr "Đã lưu"' in _catalogue(tree)
    assert 'msgid "Sign in"\nmsgstr ""' in _catalogue(tree)


def test_the_template_can_be_written_and_read_again(tree: Path) -> None:
    result = _run(tree, "extract")
    assert {m.id for m in read_po(BytesIO(result.output.encode())) if m.id} == {
        m.id for m in extract(Library(tree)) if m.id
    }


def test_the_compiled_catalogue_translates(tree: Path) -> None:
    _fragment(tree, "a", _po(GOOD))
    _run(tree, "merge-fragments")
    assert _run(tree, "compile").exit_code == 0
    vietnamese = gettext.translation("messages", tree / "translations", ["vi"])
    assert vietnamese.gettext("Sign in") == "Đăng nhập"
    assert vietnamese.ngettext("%(num)s answer", "%(num)s answers", 1) == "%(num)s câu trả lời"


def test_fuzzy_translations_are_not_compiled(tree: Path) -> None:
    text = _po(GOOD).replace('msgid "Saved"', '#, fuzzy\nmsgid "Saved"')
    Library(tree).po_path("vi").write_text(text, encoding="utf-8")
    _run(tree, "compile")
    assert gettext.translation("messages", tree / "translations", ["vi"]).gettext("Saved") == "Saved"


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Column {column}: {count} rows", {"{column}", "{count}"}),
        ("%(num)s of %(total)d, 100%%", {"%(num)", "%(total)"}),
        ("${{{name}}} stands for {x:.1f} and {{plain}}", {"{name}", "{x}"}),
        ("100 % sure, 5 %% left", set()),
        ("an open { brace", set()),
    ],
)
def test_placeholders_are_the_named_details_of_a_text(text: str, names: set[str]) -> None:
    assert placeholders(text) == names
