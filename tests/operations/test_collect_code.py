"""The code for ODK Collect holds the settings as Collect reads them, and a picture that no policy of a page refuses."""

from __future__ import annotations

import base64
import json
import re
import zlib

from survey.operations import collect_code


def test_collect_reads_the_address_with_the_token_from_the_code() -> None:
    text = collect_code.collect_settings("https://phieuso.example/", "bi-mat", project="Máy của Lan")
    settings = json.loads(zlib.decompress(base64.b64decode(text)))
    assert settings["general"]["server_url"] == "https://phieuso.example/openrosa/key/bi-mat"
    assert settings["general"]["form_update_mode"] == "match_exactly"
    assert settings["project"]["name"] == "Máy của Lan"
    assert set(settings) == {"general", "project", "admin"}


def test_the_picture_needs_no_inline_style_and_differs_with_the_token() -> None:
    texts = [collect_code.collect_settings("https://phieuso.example", token, project="Máy 1") for token in "ab"]
    pictures = [collect_code.picture(text) for text in texts]
    assert pictures[0] != pictures[1]
    assert re.match(r"<svg [^>]*>", pictures[0])
    assert "style" not in pictures[0]
    assert "script" not in pictures[0]


def test_a_terminal_shows_the_code_in_blocks() -> None:
    lines = collect_code.for_terminal("phieu so").splitlines()
    assert len(lines) > 10
    assert any(block in lines[5] for block in "█▀▄")
