"""The OpenAPI document of the control port, made from the table of its calls."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Iterator
from typing import Final, TypeAlias

from pydantic import BaseModel, JsonValue
from pydantic.json_schema import JsonSchemaMode, models_json_schema

import asyncsm
from asyncsm.emulator.control.calls import ROUTES, ControlRoute
from asyncsm.emulator.control.schemas import FaultChange, Problem

REFERENCE: Final = "#/components/schemas/{model}"
TITLE: Final = "Control port of the asyncsm emulator"

_PARAMETER = re.compile(r"\{(\w+)\}")

Json: TypeAlias = dict[str, JsonValue]
_References: TypeAlias = dict[tuple[type[BaseModel], JsonSchemaMode], Json]


@functools.cache
def description() -> Json:
    """Return the document; the same object each time, not to be changed."""
    references, schemas = _schemas()
    paths: dict[str, Json] = {}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route, references)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": TITLE,
            "version": asyncsm.__version__,
            "description": "For this computer only. No part of the emulated service.",
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(route.tag for route in ROUTES)],
        "paths": dict(paths),
        "components": {"schemas": schemas},
    }


def _schemas() -> tuple[_References, Json]:
    """Return references to the models by model and direction, and their schemas."""
    # The events' models are mentioned in words only.
    used: dict[tuple[type[BaseModel], JsonSchemaMode], None] = {
        (Problem, "serialization"): None,
        (FaultChange, "serialization"): None,
    }
    for route in ROUTES:
        used.update(dict.fromkeys(_directions(route)))
    references, definitions = models_json_schema(list(used), ref_template=REFERENCE)
    known: _References = {(model, mode): dict(references[model, mode]) for model, mode in used}
    return known, dict(definitions.get("$defs", {}))


def _directions(route: ControlRoute) -> Iterator[tuple[type[BaseModel], JsonSchemaMode]]:
    if isinstance(route.body, type):
        yield route.body, "validation"
    if isinstance(route.answer, type):
        yield route.answer, "serialization"


def _operation(route: ControlRoute, references: _References) -> Json:
    text = inspect.cleandoc(route.handler.__doc__ or "")
    summary, _, more = text.replace("``", "`").partition("\n\n")
    described: Json = {
        "operationId": route.handler.__name__,
        "summary": summary.replace("\n", " "),
        "tags": [route.tag],
        "responses": {
            str(route.status): _answer(route, references),
            "default": {
                "description": "Why it was refused.",
                "content": {"application/json": {"schema": references[Problem, "serialization"]}},
            },
        },
    }
    if more:
        described["description"] = more
    parameters = [*_path_parameters(route), *_query_parameters(route)]
    if parameters:
        described["parameters"] = list[JsonValue](parameters)
    if route.body is not None:
        described["requestBody"] = {"required": True, "content": _body(route, references)}
    return described


def _answer(route: ControlRoute, references: _References) -> Json:
    if not route.content_type:
        return {"description": "Done."}
    schema: Json = {"type": "object" if route.answer is not None else "string"}
    if isinstance(route.answer, type):
        schema = references[route.answer, "serialization"]
    return {"description": "The answer.", "content": {route.content_type: {"schema": schema}}}


def _body(route: ControlRoute, references: _References) -> Json:
    schema: Json = {"type": "object"}
    if isinstance(route.body, type):
        schema = references[route.body, "validation"]
    example: JsonValue = route.example.body
    if route.example.body_from is not None:
        example = {"...": f"what GET {route.example.body_from} answered"}
    content: Json = {"schema": schema, "example": example}
    return {"application/json": content}


def _path_parameters(route: ControlRoute) -> Iterator[Json]:
    for name in _PARAMETER.findall(route.path):
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string"},
            "example": route.example.path[name],
        }


def _query_parameters(route: ControlRoute) -> Iterator[Json]:
    if route.query is None:
        return
    described = route.query.model_json_schema()
    for name, field in described["properties"].items():
        # A parameter that is absent is no null.
        kinds = [each for each in field.pop("anyOf", ()) if each["type"] != "null"]
        schema = {**field, **(kinds[0] if kinds else {})}
        schema.pop("title")
        if schema.get("default", "") is None:
            del schema["default"]
        parameter: Json = {"name": name, "in": "query", "description": schema.pop("description")}
        if name in described.get("required", ()):
            parameter["required"] = True
        if name in route.example.query:
            parameter["example"] = route.example.query[name]
        yield {**parameter, "schema": schema}
