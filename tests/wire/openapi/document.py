# SPDX-License-Identifier: Apache-2.0
"""An OpenAPI 3.1 document as the judge of what was sent and answered."""
import json
import re
import urllib.parse

import structure
from structure import jsonschema


class Wrong(Exception):
    """Something is not as the document says."""


def strict(schema):
    """The same, but members that are not described are wrong."""
    if isinstance(schema, list):
        return [strict(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    out = {name: strict(each) for name, each in schema.items()}
    if isinstance(schema.get("properties"), dict):
        out.setdefault("additionalProperties", False)
    return out


class Document:
    def __init__(self, text):
        self.root = json.loads(text)
        if self.root["openapi"] != "3.1.0":
            raise Wrong("not OpenAPI 3.1: " + self.root["openapi"])
        structure.check(self.root)
        self.schemas = {name: strict(each) for name, each in self.root["components"]["schemas"].items()}
        self.seen = {}  # (method, path) -> statuses

    def operations(self):
        for path, item in self.root["paths"].items():
            for method in item:
                yield method.upper(), path

    def operation(self, method, target):
        """The template that a path fits, the most exact one."""
        segments = target.split("?")[0].split("/")
        best = None
        for path in self.root["paths"]:
            parts = path.split("/")
            if len(parts) != len(segments):
                continue
            named = [part.startswith("{") for part in parts]
            if all(name or part == segment for name, part, segment in zip(named, parts, segments)):
                if best is None or named < best[0]:
                    best = (named, path)
        if best is None or method.lower() not in self.root["paths"][best[1]]:
            raise Wrong(f"{method} {target} is not in the document")
        return best[1], self.root["paths"][best[1]][method.lower()]

    def resolved(self, part):
        while "$ref" in part:
            ref = part["$ref"]
            part = self.root
            for step in ref[2:].split("/"):
                part = part[step]
        return part

    def check_value(self, value, schema, what):
        whole = {"components": {"schemas": self.schemas}, "allOf": [strict(schema)]}
        errors = sorted(jsonschema.Draft202012Validator(whole).iter_errors(value), key=lambda e: list(e.path))
        if errors:
            error = errors[0]
            while error.context:  # the branch of a oneOf that came furthest
                error = max(error.context, key=lambda each: len(each.absolute_path))
            place = "/".join(str(step) for step in error.absolute_path)
            raise Wrong(f"{what}: at /{place}: {error.message[:400]}")

    def check_request(self, method, target, body):
        """That what was taken is what the document lets one send."""
        path, operation = self.operation(method, target)
        what = f"{method} {path}, request"
        query = urllib.parse.parse_qsl(urllib.parse.urlsplit(target).query, keep_blank_values=True)
        known = {p["name"]: p for p in operation.get("parameters", []) if p["in"] == "query"}
        for name, _ in query:
            if name not in known:
                raise Wrong(f"{what}: ?{name}= is not described")
        for name, parameter in known.items():
            given = [value for each, value in query if each == name]
            if not given and parameter["required"]:
                raise Wrong(f"{what}: went without ?{name}=")
            schema = self.resolved(parameter["schema"])
            for value in given:
                number = schema.get("type") == "integer" and re.fullmatch("-?[0-9]+", value)
                each = schema["items"] if schema.get("type") == "array" else parameter["schema"]
                self.check_value(int(value) if number else value, each, f"{what} ?{name}=")
        described = operation.get("requestBody")
        if body is None:
            if described and described["required"]:
                raise Wrong(f"{what}: went without a body")
            return
        if described is None:
            raise Wrong(f"{what}: a body is not described")
        content = described["content"]
        if "application/json" in content:
            self.check_value(json.loads(body), content["application/json"]["schema"], what)

    def check_answer(self, method, target, answer):
        path, operation = self.operation(method, target)
        what = f"{method} {path}, {answer.status}"
        self.seen.setdefault((method, path), set()).add(answer.status)
        if str(answer.status) not in operation["responses"]:
            raise Wrong(f"{what}: this status is not described: {answer.body[:300]!r}")
        response = self.resolved(operation["responses"][str(answer.status)])
        for name, header in response.get("headers", {}).items():
            if header.get("required") and answer.header(name) is None:
                raise Wrong(f"{what}: has no {name}")
        content = response.get("content")
        if not content:
            if answer.body:
                raise Wrong(f"{what}: has a body: {answer.body[:300]!r}")
            return
        kind = (answer.header("Content-Type") or "").split(";")[0]
        if "*/*" in content:
            return
        if kind not in content:
            raise Wrong(f"{what}: is {kind}, not {list(content)}")
        schema = content[kind]["schema"]
        if kind == "application/x-ndjson":
            for line in answer.body.splitlines():
                self.check_value(json.loads(line), schema, f"{what}, a line")
        else:
            self.check_value(json.loads(answer.body), schema, what)
        if kind == "application/problem+json" and json.loads(answer.body)["status"] != answer.status:
            raise Wrong(f"{what}: its problem says another status")

    def unproven(self):
        """Operations that never succeeded, hence whose answers nobody compared."""
        for each in self.operations():
            if not any(200 <= status < 300 for status in self.seen.get(each, ())):
                yield f"{each[0]} {each[1]}: " + (", ".join(map(str, self.seen.get(each, ()))) or "never called")
