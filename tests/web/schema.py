# SPDX-License-Identifier: GPL-3.0-or-later
"""schema.py: does a document fit a schema of openapi.json? The part of JSON Schema 2020-12 that the file uses; a word that is
not known here is an error, so that none is passed over in silence."""
import json
import re

WORDS = {"$ref", "type", "enum", "pattern", "format", "description", "properties", "required", "additionalProperties", "items",
         "prefixItems", "anyOf", "minimum", "maximum", "minLength", "maxLength", "minItems", "maxItems", "default"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


class Api:
    def __init__(self, path):
        with open(path, encoding="utf-8") as f:
            self.doc = json.load(f)

    def operations(self):
        for path, methods in self.doc["paths"].items():
            for method, op in methods.items():
                yield method.upper(), path, op

    def resolve(self, schema):
        while "$ref" in schema:
            at = self.doc
            for part in schema["$ref"].lstrip("#/").split("/"):
                at = at[part]
            schema = at
        return schema

    def faults(self, value, schema, where="$"):
        """What does not fit, as a list of sentences."""
        schema = self.resolve(schema)
        unknown = set(schema) - WORDS
        if unknown:
            return [f"{where}: the validator does not know {unknown}"]
        if "anyOf" in schema:
            tries = [self.faults(value, s, where) for s in schema["anyOf"]]
            return [] if any(not t for t in tries) else [f"{where}: none of anyOf: {tries}"]
        types = schema.get("type")
        types = [types] if isinstance(types, str) else types or []
        if types and not any(self.is_a(value, t) for t in types):
            return [f"{where}: {value!r:.60} is not {types}"]
        if "enum" in schema and value not in schema["enum"]:
            return [f"{where}: {value!r} is not one of {schema['enum']}"]
        if isinstance(value, str):
            return self.text_faults(value, schema, where)
        if isinstance(value, dict):
            return self.object_faults(value, schema, where)
        if isinstance(value, list):
            return self.array_faults(value, schema, where)
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            if value < schema.get("minimum", value) or value > schema.get("maximum", value):
                return [f"{where}: {value} is out of bounds"]
        return []

    @staticmethod
    def is_a(value, name):
        if name == "integer":
            return isinstance(value, int) and not isinstance(value, bool)
        if name == "number":
            return isinstance(value, (int, float)) and not isinstance(value, bool)
        return isinstance(value, TYPES[name])

    @staticmethod
    def text_faults(value, schema, where):
        if "pattern" in schema and not re.search(schema["pattern"], value):
            return [f"{where}: {value!r} does not match {schema['pattern']}"]
        if len(value) < schema.get("minLength", 0) or len(value) > schema.get("maxLength", len(value)):
            return [f"{where}: {len(value)} letters"]
        return []

    def object_faults(self, value, schema, where):
        props = schema.get("properties", {})
        found = [f"{where}: {k} is missing" for k in schema.get("required", []) if k not in value]
        for k, v in value.items():
            if k in props:
                found += self.faults(v, props[k], f"{where}.{k}")
            elif schema.get("additionalProperties", True) is False:
                found.append(f"{where}: {k} is not described")
            elif isinstance(schema.get("additionalProperties"), dict):
                found += self.faults(v, schema["additionalProperties"], f"{where}.{k}")
        return found

    def array_faults(self, value, schema, where):
        if len(value) < schema.get("minItems", 0) or len(value) > schema.get("maxItems", len(value)):
            return [f"{where}: {len(value)} items"]
        found = []
        for i, v in enumerate(value):
            prefix = schema.get("prefixItems", [])
            item = prefix[i] if i < len(prefix) else schema.get("items", {})
            found += self.faults(v, item, f"{where}[{i}]")
            if len(found) > 5:
                break
        return found

    def answer_faults(self, method, path, status, content_type, body):
        """Is this answer one that the operation may give?"""
        op = self.doc["paths"][path][method.lower()]
        response = op["responses"].get(str(status))
        if response is None:
            return [f"{method} {path} may not answer {status}"]
        content = response.get("content")
        if content is None:
            return [] if body == b"" else [f"{method} {path} {status} has a body"]
        kind = content_type.split(";")[0]
        if kind not in content:
            return [f"{method} {path} {status} is {kind}"]
        if not kind.endswith("json"):
            return []
        return self.faults(json.loads(body), content[kind]["schema"], f"{method} {path}")
