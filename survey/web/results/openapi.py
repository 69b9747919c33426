"""The OpenAPI 3.1 description of the interface for programs. A test holds it to what the views really send."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

_TEXT: Schema = {
    "type": "object",
    "required": ["vi", "en"],
    "properties": {"vi": {"type": "string"}, "en": {"type": "string"}},
}
_NUMBER: Schema = {"type": ["number", "null"]}
_STRING: Schema = {"type": "string"}
_DATE: Schema = {"type": "string", "format": "date"}
_COUNT: Schema = {"type": "integer"}
_FLAG: Schema = {"type": "boolean"}


def description(address: str) -> dict[str, Any]:
    """Return the description for an installation at an address."""
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Phiếu Số: results of the 17 indicators of plan 128/KH-UBND",
            "version": "1",
            "description": "Read-only. Shares, standard errors and intervals are in percent. A suppressed figure keeps "
            "its n and its reasons and has no number. Answers carry an ETag: send it back in If-None-Match.",
        },
        "servers": [{"url": address}],
        "paths": {
            "/api/v1/rounds": _path("Rounds with released results", "Rounds"),
            "/api/v1/rounds/{round}": _path("One round with the headline figure of every indicator", "Round", "round"),
            "/api/v1/rounds/{round}/indicators/{indicator}": _path(
                "One indicator with definition, variants and breakdowns", "IndicatorPage", "round", "indicator"
            ),
            **_exports(),
        },
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {
                "key": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "A key that the office issues with a scope (figures, microdata) and an end",
                }
            },
        },
    }


def _exports() -> Schema:
    """Return the paths that need a key."""
    csv = {"text/csv": {"schema": _STRING}}
    sheet: Schema = {"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {}}
    place = "/api/v1/exports/{round}"
    return {
        "/api/v1/exports": _keyed("Rounds and files that the key opens", _of("Exports")),
        f"{place}/figures.json": _keyed("Every figure of a round", _of("Figures"), "round"),
        f"{place}/figures.csv": _keyed("Every figure of a round as CSV", csv, "round"),
        f"{place}/figures.xlsx": _keyed("Every figure of a round as a workbook", sheet, "round"),
        f"{place}/microdata.zip": _keyed(
            "Anonymised microdata: Parquet, CSV, Stata, SPSS, R script", {"application/zip": {}}, "round"
        ),
    }


def _keyed(summary: str, content: Schema, *parameters: str) -> Schema:
    found = _path(summary, "Problem", *parameters)
    found["get"]["security"] = [{"key": []}]
    found["get"]["responses"] |= {
        "200": {"description": summary, "content": content},
        "401": _answer("No key, or one that is unknown, expired or revoked", "Problem"),
        "403": _answer("A key of another scope or round", "Problem"),
        "404": _answer("No such released round, or no such file of it", "Problem"),
        "409": _answer("Refused with the reason: too small cells", "Problem"),
        "429": _answer("Used too often in the last ten minutes", "Problem"),
    }
    return found


def _of(schema: str) -> Schema:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _path(summary: str, schema: str, *parameters: str) -> Schema:
    return {
        "get": {
            "summary": summary,
            "parameters": [_PARAMETERS[name] for name in parameters],
            "responses": {
                "200": _answer(summary, schema),
                "304": {"description": "Not changed since the ETag given"},
                "404": _answer("No such released round or indicator", "Problem"),
            },
        }
    }


_PARAMETERS = {
    "round": {
        "name": "round",
        "in": "path",
        "required": True,
        "schema": _STRING,
        "description": "Code of a round, or `latest`",
    },
    "indicator": {
        "name": "indicator",
        "in": "path",
        "required": True,
        "schema": {"type": "string", "pattern": "^(KT[1-6]|XH([1-9]|1[01]))$"},
        "description": "KT1 to KT6, XH1 to XH11",
    },
}


def _answer(words: str, schema: str) -> Schema:
    return {"description": words, "content": _of(schema)}


def _object(required: dict[str, Schema]) -> Schema:
    return {"type": "object", "required": list(required), "properties": required, "additionalProperties": False}


def _list(of: Schema) -> Schema:
    return {"type": "array", "items": of}


def _ref(name: str) -> Schema:
    return {"$ref": f"#/components/schemas/{name}"}


def _schemas() -> dict[str, Schema]:
    run = {
        "round": _STRING,
        "title": _STRING,
        "reference_date": _DATE,
        "collected": _object({"from": _DATE, "to": _DATE}),
        "synthetic": _FLAG,
        "run": _object(
            {
                "id": _COUNT,
                "digest": _STRING,
                "data_digest": _STRING,
                "software": _STRING,
                "seed": _COUNT,
                "released_at": {"type": ["string", "null"], "format": "date-time"},
            }
        ),
    }
    return {
        "Problem": _object({"error": _STRING, "message": _STRING}),
        "Rounds": _object({"rounds": _list(_object(run))}),
        "Round": _object(run | {"indicators": _list(_object(_headline())), "notes": _list(_TEXT)}),
        "IndicatorPage": _object(run | {"indicator": _object(_headline() | _details())}),
        "Figure": _object(_figure()),
        "Exports": _object({"exports": _list(_object(run | {"files": _list(_STRING)}))}),
        "Figures": _object(run | {"indicators": _list(_object(_headline() | _details()))}),
    }


def _headline() -> dict[str, Schema]:
    target = {
        "year": _COUNT,
        "name": _TEXT,
        "operator": {"enum": [">=", ">"]},
        "value": {"type": "number"},
        "variant": _STRING,
        "verdict": {"enum": ["met", "likely-met", "likely-not-met", "not-met", "none-against", None]},
    }
    official = {
        "category": _STRING,
        "value": {"type": "number"},
        "publisher": _STRING,
        "published_on": _DATE,
        "status": _STRING,
        "source": _STRING,
    }
    return {
        "id": _STRING,
        "name": _TEXT,
        "group": _TEXT,
        "definition": {"enum": ["official", "partial", "proposed", "experimental"]},
        "experimental": _FLAG,
        "census": _FLAG,
        "targets": _list(_object(target)),
        "official": _list(_object(official)),
        "figure": {"anyOf": [_ref("Figure"), {"type": "null"}]},
    }


def _details() -> dict[str, Schema]:
    variant = {
        "id": _STRING,
        "label": _TEXT,
        "rule": _TEXT,
        "unit": _STRING,
        "main": _FLAG,
        "figure": {"anyOf": [_ref("Figure"), {"type": "null"}]},
        "breakdowns": {"type": "object", "additionalProperties": _list(_ref("Figure"))},
    }
    words = ("population", "numerator", "denominator", "reference_period", "source", "note")
    return dict.fromkeys(words, _TEXT) | {"variants": _list(_object(variant))}


def _figure() -> dict[str, Schema]:
    return {
        "id": _STRING,
        "dimension": _STRING,
        "category": _STRING,
        "label": _TEXT,
        "estimate": _NUMBER,
        "standard_error": _NUMBER,
        "interval": {"type": ["array", "null"], "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
        "design_effect": _NUMBER,
        "degrees_of_freedom": _NUMBER,
        "n": _COUNT,
        "sampling_units": _COUNT,
        "item_response": _NUMBER,
        "flag": {"enum": ["publish", "flag", "suppress"]},
        "reasons": _list(_STRING),
    }
