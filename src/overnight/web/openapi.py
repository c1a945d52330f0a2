"""The description of REST for programs: OpenAPI 3.1, made from the types of all operations."""

import json
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from overnight import __version__
from overnight.operations.fields import foreign_inputs_of
from overnight.operations.foreign_input import output_generator, with_descriptions
from overnight.operations.operation import AnyOperation, Begun
from overnight.operations.registry import offered
from overnight.web.api_addresses import KEY, MOST_KEY, address_of_operation, method_of
from overnight.web.errors import ErrorBody

Json = Mapping[str, Any]  # Any: JSON
REFS = "#/components/schemas/{model}"
_REF = REFS.format(model="")
ABOUT = (
    "Every operation of overnight. What only reads is a GET, all else a POST with a JSON object; what takes minutes answers 202"
    " with the address of a task. An agent's call above `reversible` (`x-tier`) becomes a question to the owner: 403 with its"
    " number in `approval`; call again once it is granted."
)
ERROR: Json = {"$ref": "#/components/responses/Error"}


@cache
def document() -> Json:
    """The whole description."""
    operations = list(offered())
    schemas, components = _schemas(operations)
    inputs = {name: components.pop(name) for name in {_input_name(operation, schemas) for operation in operations}}
    paths: dict[str, dict[str, Json]] = {}
    for operation in operations:
        given = with_descriptions(operation, inputs[_input_name(operation, schemas)])
        paths.setdefault(address_of_operation(operation), {})[method_of(operation).lower()] = _call(
            operation, given, schemas, components
        )
    return {
        "openapi": "3.1.0",
        "info": {"title": "overnight", "version": __version__, "description": ABOUT},
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {
                "Error": {
                    "description": "It was not done. docs/rest.md lists the statuses.",
                    "content": _content(schemas["error"]),
                }
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "description": "`overnight serve` gives them: docs/serve.md."}
            },
        },
    }


@cache
def openapi_text() -> str:
    """The same as JSON."""
    return json.dumps(document(), separators=(",", ":"))


def _schemas(operations: list[AnyOperation]) -> tuple[dict[str, Json], dict[str, Json]]:
    """The schema of each input and output, by name, and the components that they refer to."""
    from pydantic import TypeAdapter

    adapters: list[tuple[str, Any, Any]] = [  # Any: as pydantic has it
        ("begun", "serialization", TypeAdapter(Begun)),
        ("error", "serialization", TypeAdapter(ErrorBody)),
    ]
    for operation in operations:
        adapters.append((f"input {operation.name}", "validation", TypeAdapter(operation.input)))
        if operation.output is not None:
            adapters.append((f"output {operation.name}", "serialization", TypeAdapter(operation.output)))
    found, definitions = TypeAdapter.json_schemas(
        adapters, ref_template=REFS, schema_generator=output_generator(describes=True)
    )
    return {str(name): schema for (name, _), schema in found.items()}, dict(definitions.get("$defs", {}))


def _input_name(operation: AnyOperation, schemas: Mapping[str, Json]) -> str:
    """Among the components; several operations may have the same."""
    return str(schemas[f"input {operation.name}"].get("$ref", "")).removeprefix(_REF)


def _call(operation: AnyOperation, given: Json, schemas: Mapping[str, Json], components: dict[str, Json]) -> Json:
    """One operation; the schema of its input takes its place among the components, or is taken apart into parameters."""
    reads = method_of(operation) == "GET"
    name = _input_name(operation, schemas)
    parameters = [] if operation.of_machine else [_repository()]
    described: dict[str, Any] = {  # Any: JSON
        "operationId": operation.name.replace(" ", "_"),
        "summary": operation.about,
        "tags": [operation.name.partition(" ")[0]],
        "x-tier": operation.tier.value,
    }
    if operation.details:
        described["description"] = operation.details
    flags = {"x-raised": operation.raised is not None, "x-egress": operation.egress, "x-owner-only": operation.owner_only}
    described |= {name: True for name, holds in flags.items() if holds}
    if reads:
        parameters += _queries(operation, given)
    else:
        components[name] = given
        parameters.append(_key())
        described["requestBody"] = {
            "required": bool(given.get("required")),
            "content": _content({"$ref": REFS.format(model=name)}),
        }
    if operation.lasts:
        header = {"Location": {"description": "Of the task.", "schema": {"type": "string"}}}
        if operation.output is not None:
            described["x-result"] = schemas[f"output {operation.name}"]  # of `task show`
        done = {"202": {"description": "It has begun.", "headers": header, "content": _content(schemas["begun"])}}
    else:
        shown = schemas[f"output {operation.name}"]
        done = {"200": {"description": operation.note or "As `--json` prints it.", "content": _content(shown)}}
    return {**described, "parameters": parameters, "responses": {**done, "4XX": ERROR, "5XX": ERROR}}


def _queries(operation: AnyOperation, given: Json) -> Iterator[Json]:
    required = given.get("required", ())
    for field in foreign_inputs_of(operation):
        schema = dict(given["properties"][field.name])
        about = schema.pop("description", "")
        schema.pop("title", None)
        kinds = [each for each in schema.pop("anyOf", ()) if each != {"type": "null"}]
        schema = {**(kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}), **schema}
        if schema.get("default", "") is None:
            del schema["default"]
        yield {
            "name": field.name,
            "in": "query",
            "description": about,
            "required": field.name in required,
            "schema": schema,
        }


def _repository() -> Json:
    schema = {"type": "string", "minLength": 1}
    return {"name": "repo", "in": "path", "required": True, "description": "As it is served.", "schema": schema}


def _key() -> Json:
    about = "Orders with the same key are one order, such as one that is sent again after a lost answer."
    return {"name": KEY, "in": "header", "description": about, "schema": {"type": "string", "maxLength": MOST_KEY}}


def _content(schema: Json) -> Json:
    return {"application/json": {"schema": schema}}
