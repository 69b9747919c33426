"""The OpenRosa contract line by line over HTTP: lists as Collect reads them, split uploads, names, edits, versions."""

from __future__ import annotations

import random
import unicodedata
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from survey.app import create_app
from survey.config import Config
from survey.db import Database
from survey.model import Attachment, Identity, Revision, Submission
from survey.operations import audit
from tests.rounds import Interview
from tests.web.openrosa_site import Site, album, album_xml, hashed, said

_LIST = "{http://openrosa.org/xforms/xformsList}"
_MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"


@pytest.fixture
def site(app: Flask) -> Site:
    """Return an open round with one enrolled device."""
    return Site(app)


@pytest.fixture
def postgres_site(postgres_database: Database, config: Config) -> Iterator[Site]:
    """Return the same on PostgreSQL."""
    url = postgres_database.engine.url.render_as_string(hide_password=False)
    application = create_app(replace(config, database_url=url))
    application.testing = True
    yield Site(application)
    application.extensions["survey.db"].dispose()


def _forms(response: TestResponse) -> list[dict[str, str]]:
    """Read a list of forms as Collect does: one bad entry, another type or no version header voids the whole list."""
    assert response.status_code == 200
    assert "X-OpenRosa-Version" in response.headers
    assert "text/xml" in response.headers["Content-Type"]
    root = ElementTree.fromstring(response.data)
    assert root.tag == f"{_LIST}xforms"
    found = []
    for item in root:
        assert item.tag == f"{_LIST}xform"
        form = {child.tag.removeprefix(_LIST): (child.text or "").strip() for child in item}
        assert all(form[name] for name in ("formID", "name", "downloadUrl"))
        assert form["hash"].startswith("md5:")
        found.append(form)
    return found


def _files(response: TestResponse) -> list[dict[str, str]]:
    """Read a manifest as Collect does: an entry without name, hash or address voids it; base names count."""
    assert "X-OpenRosa-Version" in response.headers
    assert "text/xml" in response.headers["Content-Type"]
    root = ElementTree.fromstring(response.data)
    assert root.tag == f"{_MANIFEST}manifest"
    files = []
    for item in root:
        assert item.tag == f"{_MANIFEST}mediaFile"
        file = {child.tag.removeprefix(_MANIFEST): (child.text or "").strip() for child in item}
        assert all(file[name] for name in ("filename", "downloadUrl"))
        assert file["hash"].startswith("md5:")
        files.append({**file, "filename": Path(file["filename"]).name})
    return files


def _path(address: str) -> str:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("http", "localhost")
    return parts.path


def test_collect_reads_the_list_and_downloads_what_it_names(site: Site) -> None:
    site.use(album())
    listed = _forms(site.client.get(f"{site.path}/formList?deviceID=collect%3Aabc"))
    assert [(form["formID"], form["version"]) for form in listed] == [("album", "1")]
    assert hashed(site.client.get(_path(listed[0]["downloadUrl"])).data) == listed[0]["hash"]
    files = _files(site.client.get(_path(listed[0]["manifestUrl"])))
    assert [file["filename"] for file in files] == ["hamlets.csv"]
    assert hashed(site.client.get(_path(files[0]["downloadUrl"])).data) == files[0]["hash"]


def test_enketo_asks_for_one_form_and_gets_it_or_an_empty_list(site: Site) -> None:
    site.use(album())
    assert len(_forms(site.client.get(f"{site.path}/formList?formID=album"))) == 1
    assert _forms(site.client.get(f"{site.path}/formList?formID=khac")) == []


def test_a_form_without_media_has_no_manifest_in_the_list(site: Site) -> None:
    (form,) = _forms(site.client.get(f"{site.path}/formList"))
    assert "manifestUrl" not in form


def test_head_is_204_with_three_headers_and_nothing_here_is_a_captive_portal(site: Site) -> None:
    answer = site.client.head(f"{site.path}/submission?deviceID=x")
    assert (answer.status_code, answer.data) == (204, b"")
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert answer.headers["Date"].endswith("GMT")
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) == site.config.max_submission_bytes
    assert site.client.get(f"{site.path}/submission").status_code == 405
    assert site.post(Interview().xml()).status_code in (201, 202)


def test_no_answer_sends_a_client_to_another_host(site: Site) -> None:
    elsewhere = {"Host": "elsewhere.example", "X-Forwarded-Host": "elsewhere.example"}
    answers = [site.client.get(f"{site.path}/{name}", headers=elsewhere) for name in ("formList", "formList/", "")]
    answers += [site.client.head(f"{site.path}/submission", headers=elsewhere), site.client.get("/openrosa/formList")]
    assert not any("Location" in answer.headers or 300 <= answer.status_code < 400 for answer in answers)


def test_250_photos_come_in_three_messages_with_the_marker_of_collect(site: Site) -> None:
    site.use(album())
    interview = Interview()
    photos = [(f"ảnh {number}.jpg", f"photo {number}".encode()) for number in range(250)]
    xml = album_xml(interview, [name for name, _ in photos])
    for start, is_last in ((0, False), (100, False), (200, True)):
        answer = site.post(xml, photos[start : start + 100], incomplete=not is_last)
        assert answer.status_code == 201
        assert len(site.missing(interview)) == max(0, 150 - start)
        assert str(150 - start) in said(answer) or is_last
    assert site.missing(interview) == ()
    assert (site.count(Revision), site.count(Attachment)) == (1, 250)


def test_parts_without_a_marker_out_of_order_repeated_and_lost_end_complete(site: Site) -> None:
    site.use(album())
    interview = Interview()
    photos = [(f"{number}.jpg", bytes([number]) * 50) for number in range(250)]
    xml = album_xml(interview, [name for name, _ in photos])
    parts = [photos[start : start + 50] for start in range(0, 250, 50)]
    assert [site.post(xml, parts[number]).status_code for number in (3, 0, 4)] == [201, 201, 201]
    assert site.post(xml, parts[0]).status_code == 202
    assert len(site.missing(interview)) == 100
    assert [site.post(xml, parts[number]).status_code for number in (2, 1)] == [201, 201]
    assert [site.post(xml, part).status_code for part in parts] == [202] * 5
    assert site.missing(interview) == ()
    assert site.count(Submission) == 1


LONG = f"{'đ' * 196}.jpg"


@pytest.mark.parametrize("name", ["đĩa ảnh.jpg", "Nhà ở của bà Sáu (2).jpg", "a b  c.jpg", LONG, "+84 & 'x'.jpg"])
@pytest.mark.parametrize("form", ["NFC", "NFD"])
def test_a_file_finds_its_name_in_the_document_in_either_normal_form(
    site: Site, name: str, form: Literal["NFC", "NFD"]
) -> None:
    site.use(album())
    interview = Interview()
    document = album_xml(interview, [unicodedata.normalize("NFC", name).replace("&", "&amp;")])
    assert site.post(document, [(unicodedata.normalize(form, name), b"picture")]).status_code == 201
    assert site.missing(interview) == ()
    assert site.post(document, [(unicodedata.normalize("NFC", name), b"picture")]).status_code == 202
    with site.database.reading() as session:
        assert session.scalars(select(Attachment.name)).all() == [unicodedata.normalize("NFC", name)]


def test_the_bytes_of_the_document_are_kept_as_they_came(site: Site) -> None:
    xml = Interview().xml(name=unicodedata.normalize("NFD", "Nguyễn Thị Đẹp"))
    site.post(xml)
    with site.database.reading() as session:
        assert session.scalars(select(Identity.document)).one() == xml


def test_a_refused_file_does_not_keep_the_record_or_its_other_files_out(site: Site) -> None:
    site.use(album())
    interview = Interview()
    xml = album_xml(interview, ["a.jpg", "b.jpg"])
    answer = site.post(xml, [("a.jpg", b""), ("b.jpg", b"picture")])
    assert (answer.status_code, site.missing(interview)) == (400, ("a.jpg",))
    assert "a.jpg" in said(answer)
    assert site.post(xml, [("a.jpg", b"picture")]).status_code == 201


def test_a_chain_of_edits_takes_each_once_and_no_late_one(site: Site) -> None:
    first, second, third, late = (Interview() for _ in range(4))
    a, b = first.xml(), second.xml(size="4", deprecated_id=first.instance_id)
    c = third.xml(size="5", deprecated_id=second.instance_id)
    assert [site.post(xml).status_code for xml in (a, b, c)] == [201, 201, 201]
    assert [site.post(xml).status_code for xml in (b, a, c)] == [202, 202, 202]
    assert site.post(late.xml(size="6", deprecated_id=first.instance_id)).status_code == 409
    assert site.post(second.xml(size="9", deprecated_id=first.instance_id)).status_code == 409
    assert (site.count(Submission), site.count(Revision)) == (1, 3)


def test_an_edit_that_overtakes_what_it_corrects_is_taken_in_when_sent_again(site: Site) -> None:
    first, second = Interview(), Interview()
    edit = second.xml(size="4", deprecated_id=first.instance_id)
    assert site.post(edit).status_code == 404
    assert site.post(first.xml()).status_code == 201


def test_three_versions_of_a_form_are_taken_in_together_and_stay_downloadable(site: Site) -> None:
    numbers = [site.use(album(version)) for version in ("1", "2", "3")]
    answers = [site.post(album_xml(Interview(), ["a.jpg"], version)) for version in ("1", "2", "3", "2", "1")]
    assert [answer.status_code for answer in answers] == [201] * 5
    assert [form["version"] for form in _forms(site.client.get(f"{site.path}/formList"))] == ["3"]
    assert {site.client.get(f"{site.path}/forms/{number}.xml").status_code for number in numbers} == {200}


def test_a_message_that_is_too_large_is_413_in_the_envelope(site: Site) -> None:
    site.app.config["MAX_CONTENT_LENGTH"] = 20_000
    answer = site.post(Interview().xml(), [("a.jpg", b"x" * 20_000)])
    assert answer.status_code == 413
    assert said(answer)
    assert int(answer.headers["X-OpenRosa-Accept-Content-Length"]) == site.config.max_submission_bytes


def _at_once(site: Site, documents: list[bytes]) -> Counter[int]:
    with ThreadPoolExecutor(len(documents)) as pool:
        return Counter(answer.status_code for answer in pool.map(site.post, documents))


def test_50_identical_messages_at_once_make_one_record(postgres_site: Site) -> None:
    assert _at_once(postgres_site, [Interview().xml()] * 50) == {201: 1, 202: 49}
    assert (postgres_site.count(Submission), postgres_site.count(Revision)) == (1, 1)


def test_50_differing_messages_at_once_under_one_identifier_make_one_record(postgres_site: Site) -> None:
    interview = Interview()
    answers = _at_once(postgres_site, [interview.xml(name=f"Người {number}") for number in range(50)])
    assert answers == {201: 1, 409: 49}
    assert (postgres_site.count(Submission), postgres_site.count(Revision)) == (1, 1)


def test_identical_edits_at_once_are_one_edit(postgres_site: Site) -> None:
    first = Interview()
    postgres_site.post(first.xml())
    edit = Interview().xml(size="7", deprecated_id=first.instance_id)
    assert _at_once(postgres_site, [edit] * 20) == {201: 1, 202: 19}


def test_a_shuffled_crowd_is_taken_in_whole_and_the_log_holds(postgres_site: Site) -> None:
    documents = [Interview().xml(size=str(1 + number % 9)) for number in range(40)] * 2
    random.Random(7).shuffle(documents)
    assert _at_once(postgres_site, documents) == {201: 40, 202: 40}
    assert postgres_site.count(Revision) == 40
    with postgres_site.database.reading() as session:
        assert audit.verify(session).broken == ()


def test_no_instance_identifier_is_400(site: Site) -> None:
    assert site.post(b'<data id="tiny" version="1"><head><size>3</size></head></data>').status_code == 400
