"""The description of REST: valid, whole, and true of every operation, which is called by what it says alone."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from rest import Answer, Rest, served
from surface_campaigns import TAG, campaign_of
from task_ends import ended, none_left

from overnight.operations.fields import inputs_of
from overnight.operations.operation import Tier
from overnight.operations.registry import offered, operations
from overnight.web.openapi import document

Json = Any  # JSON
# What the names of inputs stand for here; all else is as the schemas say.
KNOWN: Mapping[str, Json] = {
    "tag": TAG,
    "a": TAG,
    "b": TAG,
    "number": 1,
    "text": "clip the gradient",
    "name": "nobody",
    "which": "7",
}
KNOWN_OF = {("docs", "name"): "run", ("operations_show", "name"): "status"}
NAMED = {"tag", "a", "b"}  # given though they may be left out
# What works on a campaign that has ended; the rest is refused here with a reason.
WORKS = {"believe", "idea_add", "idea_drop", "report", "finalize", "verify", "doctor"}


@pytest.fixture(scope="module")
def rest(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rest]:
    """The owner's, over a small campaign."""
    made = campaign_of(tmp_path_factory.mktemp("openapi") / "r", 3, real=1.0)
    with served(r=made.repository) as client, none_left():
        yield client


def calls() -> list[tuple[str, str, Json]]:
    """Each path with each method and what is said about it."""
    return [(path, method.upper(), about) for path, methods in document()["paths"].items() for method, about in methods.items()]


def value_for(of: str, name: str, schema: Json) -> Json:
    """A value that a schema allows."""
    if (of, name) in KNOWN_OF:
        return KNOWN_OF[of, name]
    if name in KNOWN:
        return KNOWN[name]
    if "$ref" in schema:
        schema = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    if "enum" in schema:
        return schema["enum"][0]
    if "default" in schema:
        return schema["default"]
    if "anyOf" in schema:
        return value_for(of, name, schema["anyOf"][0])
    return {"string": "x", "integer": schema.get("minimum", 1), "number": 1.5, "boolean": False, "array": []}[schema["type"]]


def call(rest: Rest, path: str, method: str, about: Json) -> Answer:
    """Call an operation with all that is required, and with what has a default."""
    of = about["operationId"]
    query = {
        each["name"]: value_for(of, each["name"], each["schema"])
        for each in about["parameters"]
        if each["in"] == "query" and (each["required"] or each["schema"].get("default") is not None or each["name"] in NAMED)
    }
    address = path.removeprefix("/api/v1").replace("{repo}", "r")
    if method == "GET":
        plain = {name: str(value).lower() if isinstance(value, bool) else value for name, value in query.items()}
        return rest.get(address, **plain)
    schema = about["requestBody"]["content"]["application/json"]["schema"]
    body = document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    required = body.get("required", ())
    given = {
        name: value_for(of, name, each) for name, each in body["properties"].items() if name in required or "default" in each
    }
    return rest.post(address, **given)


def conforms(schema: Json, value: Json) -> None:
    """That a value is as its schema says."""
    whole = {**schema, "components": document()["components"]}
    Draft202012Validator(whole).validate(value)


def test_the_description_is_valid_and_whole() -> None:
    """OpenAPI 3.1; each operation once, with its tier, but for those of the command line alone; nothing is left over."""
    validate(document())
    named = {about["operationId"]: (path, method, about) for path, method, about in calls()}
    assert len(named) == len(calls())
    assert {name.replace("_", " ") for name in named} == {each.name for each in operations() if not each.local}
    for operation in offered():
        path, method, about = named[operation.name.replace(" ", "_")]
        assert about["x-tier"] == operation.tier and ("{repo}" in path) != operation.of_machine
        only_reads = operation.tier is Tier.READ and operation.raised is None
        assert (method == "GET") == (only_reads and not operation.lasts)
        assert about["parameters"] == [] or all(each["description"] for each in about["parameters"])
    text = json.dumps(document())
    assert all(f'"#/components/schemas/{name}"' in text for name in document()["components"]["schemas"])


def test_no_input_names_a_file_of_this_machine() -> None:
    """Neither in a query nor in a body."""
    for operation in operations():
        for field in inputs_of(operation):
            assert field.form is not Path or field.is_local, operation.name
    assert 'format": "path' not in json.dumps([about for _, _, about in calls()])
    assert "out" not in document()["components"]["schemas"]["ReportInput"]["properties"]


def test_every_operation_answers_as_it_is_described(rest: Rest) -> None:
    """Called by the document alone, it returns what its schema says, or an error that does."""
    done: dict[str, set[str]] = {"GET": set(), "POST": set()}
    for path, method, about in calls():
        answer = call(rest, path, method, about)
        key = str(answer.status) if str(answer.status) in about["responses"] else f"{answer.status // 100}XX"
        response = about["responses"][key]
        if "$ref" in response:
            response = document()["components"]["responses"][response["$ref"].rpartition("/")[2]]
        else:
            done[method].add(about["operationId"])
        assert answer.status < 500, (path, answer)
        conforms(response["content"]["application/json"]["schema"], answer.json)
        if answer.status == 202 and about["operationId"] in WORKS:
            ended(answer.json["task"])
            conforms(about["x-result"], rest.get("/task/show", name=answer.json["task"]).json["result"])
    reads = {about["operationId"] for _, method, about in calls() if method == "GET"}
    of_meta = {name for name in reads if name.startswith("meta_")}  # the same calls on a meta-campaign: tests/meta
    of_an_action = {"result", "action_history", "action_output"}  # there is none: tests/web/test_actions_over_faces.py
    of_a_claw = {name for name in reads if name.startswith("claw_")}  # there is none: tests/web/test_claw_page.py
    of_a_home = {name for name in reads if name.startswith("home_")}  # there is none: tests/web/test_house_pages.py
    of_a_hub = {name for name in reads if name.startswith("hub_")}  # there is none: tests/pool/test_pool_walk.py
    of_a_learner = {"learn_next", "learn_log", "learn_status"}  # nothing is begun: tests/tutor/test_learning.py
    apart = of_a_learner | of_meta | of_an_action | of_a_claw | of_a_home | of_a_hub | {"task_show"}
    assert done["GET"] - apart == reads - apart
    assert {"claw_talk", "home_status"} <= done["GET"], "which say that there is none"
    assert done["POST"] >= WORKS


def test_the_description_is_served(rest: Rest) -> None:
    """As OpenAPI 3.1."""
    answer = rest.get("/openapi.json")
    assert answer.status == 200 and json.loads(answer.text)["openapi"].startswith("3.1")
