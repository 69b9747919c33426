"""Fixed files: lean, compressed, kept for good under an address that changes with them."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from survey.web.assets import edition_of, static_url
from survey.web.lean import lean


def test_an_asset_is_kept_for_good_and_an_old_address_is_not(app: Flask, client: FlaskClient) -> None:
    address = static_url(Path(app.static_folder or ""))("js/engine/form.js")
    present = client.get(address)
    assert present.mimetype == "text/javascript"
    assert {"immutable", "public"} <= set(present.headers["Cache-Control"].replace(",", "").split())
    old = client.get("/assets/older/js/engine/form.js")
    assert old.data == present.data
    assert "no-cache" in old.headers["Cache-Control"]


def test_an_asset_comes_compressed_to_who_accepts_it(app: Flask, client: FlaskClient) -> None:
    address = static_url(Path(app.static_folder or ""))("css/base.css")
    small = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert small.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(small.data) == client.get(address).data


@pytest.mark.parametrize("name", ["../app.py", "js/none.js", "js", "%2e%2e/app.py"])
def test_nothing_outside_the_folder_is_served(client: FlaskClient, name: str) -> None:
    assert client.get(f"/assets/x/{name}").status_code == 404


def test_the_address_changes_with_any_file(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "x.css").write_text("a{}")
    (tmp_path / "b" / "x.css").write_text("b{}")
    assert edition_of(tmp_path / "a") != edition_of(tmp_path / "b")


def test_lean_scripts_keep_what_they_export_and_say() -> None:
    source = b"// note\nexport const greet = who => { const text = `xin  chao ${who}`\n  return text }\n"
    made = lean(".js", source).decode()
    assert "note" not in made
    assert "greet" in made
    assert "xin  chao " in made
    assert lean(".png", b"\x89PNG // x") == b"\x89PNG // x"


def test_the_engine_as_served_is_at_most_six_kilobytes(app: Flask) -> None:
    files = sorted((Path(app.static_folder or "") / "js" / "engine").glob("*.js"))
    served = b"".join(lean(".js", file.read_bytes()) for file in files)
    assert files
    assert len(gzip.compress(served, 9)) <= 6144
