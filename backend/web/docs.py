"""The reference of the API at /api, drawn from the OpenAPI document itself: nothing to load from elsewhere, nothing to
keep in step by hand."""

from typing import Any

import msgspec
from litestar.enums import MediaType
from litestar.openapi.plugins import OpenAPIRenderPlugin

from backend.web.render import AnyRequest, html

_METHODS = ("get", "post", "put", "patch", "delete")


class Field(msgspec.Struct, frozen=True):
    """A parameter, or a field of a body: its type in words, and the component it links to."""

    name: str
    type: str
    required: bool
    about: str = ""
    place: str = ""
    link: str = ""


class Answer(msgspec.Struct, frozen=True):
    status: str
    about: str
    type: str = ""
    link: str = ""


class Operation(msgspec.Struct, frozen=True):
    method: str
    path: str
    id: str
    about: str
    parameters: list[Field]
    body: list[Field]
    body_type: str
    body_link: str
    answers: list[Answer]


class Component(msgspec.Struct, frozen=True):
    name: str
    about: str
    fields: list[Field]
    type: str


class ReferencePage(OpenAPIRenderPlugin):
    """The page; registered with the OpenAPI document so that it answers at its root."""

    def __init__(self) -> None:
        super().__init__(path="/", media_type=MediaType.HTML)

    def render(self, request: AnyRequest, openapi_schema: dict[str, Any]) -> bytes:
        """The document as a page in the reader's language."""
        return html(request, "api.html", groups=groups(openapi_schema), components=components(openapi_schema)).encode()


def groups(document: dict[str, Any]) -> list[tuple[str, list[Operation]]]:
    """Operations by room (the first part of the path after /api), in order of their paths."""
    found: dict[str, list[Operation]] = {}
    for path, item in sorted(document.get("paths", {}).items()):
        room = next((part for part in path.removeprefix("/api").split("/") if part), path)
        for method in _METHODS:
            if method in item:
                found.setdefault(room, []).append(_operation(method, path, item[method]))
    return sorted(found.items())


def _operation(method: str, path: str, found: dict[str, Any]) -> Operation:
    content = found.get("requestBody", {}).get("content", {})
    schema = _schema(content)
    return Operation(
        method=method,
        path=path,
        id=f"{method}-{path.strip('/').replace('/', '-').replace('{', '').replace('}', '')}",
        about=found.get("description") or found.get("summary") or "",
        parameters=[_parameter(parameter) for parameter in found.get("parameters", [])],
        body=_fields(schema),
        body_type=_type(schema) if schema else "",
        body_link=_link(schema),
        answers=[_answer(status, answer) for status, answer in sorted(found.get("responses", {}).items())],
    )


def _schema(content: dict[str, Any]) -> dict[str, Any]:
    """The schema of a body: of its first media type, all of ours have one."""
    for media in content.values():
        return dict(media.get("schema", {}))
    return {}


def _parameter(found: dict[str, Any]) -> Field:
    schema = found.get("schema", {})
    required, about = bool(found.get("required")), found.get("description", "")
    return Field(found["name"], _type(schema), required, about, found["in"], _link(schema))


def _answer(status: str, found: dict[str, Any]) -> Answer:
    schema = _schema(found.get("content", {}))
    return Answer(status, found.get("description", ""), _type(schema) if schema else "", _link(schema))


def components(document: dict[str, Any]) -> list[Component]:
    """The named schemas by name."""
    schemas: dict[str, Any] = document.get("components", {}).get("schemas", {})
    return [
        Component(name, schema.get("description", ""), _fields(schema), "" if "properties" in schema else _type(schema))
        for name, schema in sorted(schemas.items())
    ]


def _fields(schema: dict[str, Any]) -> list[Field]:
    required = set(schema.get("required", ()))
    return [
        Field(name, _type(field), name in required, field.get("description", ""), "", _link(field))
        for name, field in schema.get("properties", {}).items()
    ]


def _type(schema: dict[str, Any]) -> str:
    """A schema in a few words: ``string (date-time)``, ``TaskView[]``, ``"a" | "b"``."""
    if ref := schema.get("$ref"):
        return str(ref).rsplit("/", 1)[-1]
    for union in ("oneOf", "anyOf"):
        if union in schema:
            return " | ".join(dict.fromkeys(_type(part) for part in schema[union]))
    if "enum" in schema:
        return " | ".join(msgspec.json.encode(value).decode() for value in schema["enum"])
    if "const" in schema:
        return msgspec.json.encode(schema["const"]).decode()
    kind = schema.get("type", "any")
    if isinstance(kind, list):
        return " | ".join(str(one) for one in kind)
    if kind == "array":
        return f"{_type(schema.get('items', {}))}[]"
    return f"{kind} ({schema['format']})" if "format" in schema else str(kind)


def _link(schema: dict[str, Any]) -> str:
    """The component that a schema, its items or one of its alternatives names; empty when it names none."""
    if ref := schema.get("$ref"):
        return str(ref).rsplit("/", 1)[-1]
    inner = [schema.get("items", {}), *schema.get("oneOf", ()), *schema.get("anyOf", ())]
    return next((found for part in inner if part and (found := _link(part))), "")
