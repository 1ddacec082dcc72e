# SPDX-License-Identifier: Apache-2.0
"""Is a document OpenAPI 3.1? Asks openapi-spec-validator where there is one; Debian 12 has none, so jsonschema
then holds it against the specification's rules for the objects that our documents consist of."""
import copy
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: there is no jsonschema for " + sys.executable)
    sys.exit(77)
try:
    import openapi_spec_validator
except ImportError:
    openapi_spec_validator = None

TEXT = {"type": "string", "minLength": 1}
CONTENT = {
    "type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[^/]+/[^/]+$"},
    "additionalProperties": {"type": "object", "properties": {"schema": {"type": "object"}}, "additionalProperties": False},
}
HEADERS = {
    "type": "object",
    "additionalProperties": {
        "type": "object", "required": ["schema"], "additionalProperties": False,
        "properties": {"description": TEXT, "required": {"type": "boolean"}, "schema": {"type": "object"}},
    },
}
RESPONSE = {
    "type": "object", "required": ["description"], "additionalProperties": False,
    "properties": {"description": TEXT, "headers": HEADERS, "content": CONTENT},
}
REFERENCE = {
    "type": "object", "required": ["$ref"], "additionalProperties": False,
    "properties": {"$ref": {"type": "string", "pattern": "^#/components/responses/[A-Za-z]+$"}},
}
PARAMETER = {
    "type": "object", "required": ["name", "in", "schema"], "additionalProperties": False,
    "properties": {
        "name": TEXT, "in": {"enum": ["path", "query", "header"]}, "required": {"type": "boolean"},
        "schema": {"type": "object"},
    },
    "if": {"properties": {"in": {"const": "path"}}},
    "then": {"required": ["required"], "properties": {"required": {"const": True}}},
}
OPERATION = {
    "type": "object", "required": ["summary", "operationId", "security", "responses"], "additionalProperties": False,
    "properties": {
        "summary": TEXT, "description": TEXT, "operationId": {"type": "string", "pattern": "^[A-Za-z0-9_]+$"},
        "security": {"type": "array", "items": {"type": "object", "additionalProperties": {"const": []}}},
        "parameters": {"type": "array", "items": PARAMETER, "uniqueItems": True},
        "requestBody": {
            "type": "object", "required": ["content"], "additionalProperties": False,
            "properties": {"description": TEXT, "required": {"type": "boolean"}, "content": CONTENT},
        },
        "responses": {
            "type": "object", "minProperties": 1, "propertyNames": {"pattern": "^[1-5][0-9][0-9]$"},
            "additionalProperties": {"if": {"required": ["$ref"]}, "then": REFERENCE, "else": RESPONSE},
        },
    },
}
DOCUMENT = {
    "type": "object", "required": ["openapi", "info", "paths"], "additionalProperties": False,
    "properties": {
        "openapi": {"type": "string", "pattern": r"^3\.1\.\d+$"},
        "info": {
            "type": "object", "required": ["title", "version"], "additionalProperties": False,
            "properties": {
                "title": TEXT, "summary": TEXT, "version": TEXT,
                "license": {"type": "object", "required": ["name"], "additionalProperties": False,
                            "properties": {"name": TEXT, "identifier": TEXT}},
            },
        },
        "servers": {"type": "array", "items": {"type": "object", "required": ["url"]}},
        "paths": {
            "type": "object", "propertyNames": {"pattern": "^/"},
            "additionalProperties": {
                "type": "object", "additionalProperties": OPERATION,
                "propertyNames": {"enum": ["get", "put", "post", "delete", "options", "head", "patch", "trace"]},
            },
        },
        "components": {
            "type": "object", "additionalProperties": False,
            "properties": {
                "schemas": {"type": "object", "propertyNames": {"pattern": "^[a-zA-Z0-9._-]+$"}},
                "responses": {"type": "object", "additionalProperties": RESPONSE},
                "securitySchemes": {
                    "type": "object",
                    "additionalProperties": {"type": "object", "required": ["type", "scheme"],
                                             "properties": {"type": {"const": "http"}, "scheme": {"const": "bearer"}}},
                },
            },
        },
    },
}


def validator():
    return "by openapi-spec-validator" if openapi_spec_validator else "by jsonschema alone"


def parts(value, name):
    """Everything that stands under that name, at any depth."""
    if isinstance(value, list):
        for each in value:
            yield from parts(each, name)
    elif isinstance(value, dict):
        for key, each in value.items():
            if key == name:
                yield each
            yield from parts(each, name)


def target_of(root, ref):
    for step in ref[2:].split("/"):
        root = root[step]
    return root


def check(root):
    """Raises what is wrong with it."""
    if openapi_spec_validator:
        openapi_spec_validator.validate(copy.deepcopy(root))
    jsonschema.Draft202012Validator(DOCUMENT).validate(root)
    for schema in [*root["components"]["schemas"].values(), *parts(root["paths"], "schema")]:
        jsonschema.Draft202012Validator.check_schema(schema)
    for ref in parts(root, "$ref"):
        target_of(root, ref)  # KeyError: there is none
    ids = list(parts(root["paths"], "operationId"))
    if len(ids) != len(set(ids)):
        raise ValueError("two operations have one operationId")
    for path, item in root["paths"].items():
        for operation in item.values():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            if named != {part[1:-1] for part in path.split("/") if part.startswith("{")}:
                raise ValueError(f"{path}: its parameters are {named}")
