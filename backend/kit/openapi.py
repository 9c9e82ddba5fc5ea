"""The OpenAPI document: what it says beyond what Litestar finds out by itself, told once for all routes from how each of
them is built."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

import msgspec
from litestar import Request
from litestar._openapi.schema_generation import SchemaCreator
from litestar.enums import RequestEncodingType
from litestar.handlers import HTTPRouteHandler
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.datastructures import ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Reference,
    Schema,
    SecurityScheme,
)
from litestar.params import BodyKwarg
from litestar.plugins import OpenAPISchemaPlugin, ReceiveRoutePlugin
from litestar.routes import BaseRoute, HTTPRoute
from litestar.typing import FieldDefinition

from backend import __version__
from backend.kit.http import if_match, none_match
from backend.kit.problems import MEDIA_TYPE, Problem

_BEARER = "bearer"
_DECIMAL = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
#: Names of bounds in msgspec and in JSON schema.
_NUMBER = {"gt": "exclusive_minimum", "ge": "minimum", "lt": "exclusive_maximum", "le": "maximum"}
_TEXT = {"min_length": "min_length", "max_length": "max_length", "pattern": "pattern"}
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class _Document(JsonRenderPlugin):
    """The document as JSON, written once. Litestar calls every union ``oneOf``, which is false where a value fits two of
    its members (structs whose fields are all optional); ``anyOf`` is what a union is."""

    _written: bytes | None = None

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        if self._written is None:
            self._written = super().render(request, _any_of(openapi_schema))
        return self._written


def _any_of(part: Any) -> Any:
    if isinstance(part, dict):
        return {"anyOf" if name == "oneOf" else name: _any_of(value) for name, value in part.items()}
    return [_any_of(one) for one in part] if isinstance(part, list) else part


def openapi_config(*pages: OpenAPIRenderPlugin) -> OpenAPIConfig:
    """OpenAPI 3.1 at /api/openapi.json; the page that shows it at /api is one of ours (backend.web.docs), no CDN."""
    bearer = SecurityScheme(
        type="http", scheme="bearer", description="An access token (POST /api/auth/token) or an API token."
    )
    return OpenAPIConfig(
        title="giaoviec",
        version=__version__,
        description="Task assignment, reminders and scoring for public offices.",
        path="/api",
        components=Components(security_schemes={_BEARER: bearer}),
        render_plugins=[_Document(path="/openapi.json"), *pages],
        use_handler_docstrings=True,
    )


def problems(*statuses: int) -> dict[int, ResponseSpec]:
    """``responses`` of a route that answers these problems beside those that :class:`Answers` tells of it."""
    return {
        status: ResponseSpec(
            Problem, generate_examples=False, description=HTTPStatus(status).phrase, media_type=MEDIA_TYPE
        )
        for status in statuses
    }


def file_of_kinds(*media_types: str) -> type[Operation]:
    """``operation_class`` of a route that answers with a file of one of several kinds."""

    @dataclass
    class FileOperation(Operation):
        def __post_init__(self) -> None:
            answer = (self.responses or {}).get("200")
            if isinstance(answer, OpenAPIResponse):
                answer.content = {media_type: OpenAPIMediaType(_content_of(media_type)) for media_type in media_types}

    return FileOperation


def _content_of(media_type: str) -> Schema:
    if media_type == "application/json":
        return Schema(type=OpenAPIType.OBJECT)
    return Schema(type=OpenAPIType.STRING)


class Answers(ReceiveRoutePlugin):
    """Documents what every route may answer beside what it is for: 401 and 403 where somebody must be signed in, 400,
    404 and 422 where something is named or sent, 413 and 415 for bodies and forms, 409 where something changes, 304 and
    412 where the handler asks for the client's entity tag (``kit.http``). Only what a route has beyond its kind (too many
    tries) is said with the route, by :func:`problems`."""

    def __init__(self, is_public: Callable[[HTTPRouteHandler], bool]) -> None:
        self._is_public = is_public

    def receive_route(self, route: BaseRoute) -> None:
        if not isinstance(route, HTTPRoute):
            return
        for handler in route.route_handlers:
            if handler.resolve_include_in_schema():
                public = self._is_public(handler)
                handler.responses = {**_answers(route, handler, public), **(handler.responses or {})}
                if not public:
                    handler.security = [{_BEARER: []}]


def _answers(route: HTTPRoute, handler: HTTPRouteHandler, public: bool) -> dict[int, ResponseSpec]:
    given = set(handler.parsed_fn_signature.parameters) - {"request"}
    asks = getattr(handler.fn, "__code__").co_names  # noqa: B009
    found = set() if public else {401, 403}
    if given:
        found |= {400, 422} if public else {400, 404, 422}
    if "data" in given:
        found |= {413, 415} if _is_form(handler) else {413}
    if handler.http_methods & _UNSAFE and not public:
        # Also an Idempotency-Key that is taken or was used for something else.
        found |= {400, 409, 422}
    if if_match.__name__ in asks:
        found |= {412}
    told = problems(*sorted(found))
    if none_match.__name__ in asks:
        told[304] = ResponseSpec(None, description="What the client has is still true")
    if handler.status_code == HTTPStatus.NO_CONTENT:
        told[204] = ResponseSpec(None, description="Done")
    return told


def _is_form(handler: HTTPRouteHandler) -> bool:
    kind = handler.parsed_fn_signature.parameters["data"].kwarg_definition
    return isinstance(kind, BodyKwarg) and kind.media_type == RequestEncodingType.MULTI_PART


class Structs(OpenAPISchemaPlugin):
    """Says of structs what Litestar leaves out: that they refuse unknown fields, and the bounds of a field that may be
    null or missing besides."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return not field_definition.is_union and field_definition.is_subclass_of(msgspec.Struct)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        usual = next(
            plugin
            for plugin in schema_creator.plugins
            if plugin is not self and schema_creator.plugin_supports_field(plugin, field_definition)
        )
        schema: Schema = usual.to_openapi_schema(field_definition, schema_creator)
        info = msgspec.inspect.type_info(field_definition.type_)
        if isinstance(info, msgspec.inspect.StructType):
            if info.forbid_unknown_fields:
                schema.additional_properties = False
            for field in info.fields:
                _bound((schema.properties or {})[field.encode_name], field.type)
        return schema


def _bound(schema: Schema | Reference | None, type_: msgspec.inspect.Type) -> None:
    """Write the bounds of a type into its schema, and those of what it is made of."""
    if not isinstance(schema, Schema):
        return
    match type_:
        case msgspec.inspect.UnionType():
            for part in schema.one_of or ():
                for member in type_.types:
                    _bound(part, member)
        case msgspec.inspect.ListType() if schema.type == OpenAPIType.ARRAY:
            _bound(schema.items, type_.item_type)
        case msgspec.inspect.IntType() if schema.type == OpenAPIType.INTEGER:
            _write(schema, type_, _NUMBER)
        case msgspec.inspect.StrType() if schema.type == OpenAPIType.STRING:
            _write(schema, type_, _TEXT)


def _write(schema: Schema, type_: msgspec.inspect.Type, names: dict[str, str]) -> None:
    for ours, theirs in names.items():
        if (bound := getattr(type_, ours)) is not None:
            setattr(schema, theirs, bound)


class Decimals(OpenAPISchemaPlugin):
    """A decimal is a string of digits: Litestar says any string."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        return field_definition.annotation is Decimal

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        return Schema(type=[OpenAPIType.STRING, OpenAPIType.NUMBER], pattern=_DECIMAL)
