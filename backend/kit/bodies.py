"""JSON bodies are read as the OpenAPI document describes them: a number is a number, a date is written as a date."""

import re
from typing import Any

import msgspec
from litestar import Request
from litestar.exceptions import SerializationException, ValidationException

_PLACE = re.compile(r" - at `\$\.?(.*)`$")


class StrictRequest(Request[Any, Any, Any]):
    """Litestar converts a body as kindly as a query string ("5" is 5, and 5 is five seconds after 1970); here a body that
    is a struct is held to its types. What is wrong is told as Litestar tells it (``kit.problems``)."""

    async def json(self) -> Any:
        """The body as the struct that the route takes, or as plain values for other routes. Raises ValidationException,
        or SerializationException for what is not JSON."""
        kind = _struct_of(self.scope.get("route_handler"))
        if kind is None:
            return await super().json()
        try:
            return msgspec.json.decode(await self.body(), type=kind)
        except msgspec.ValidationError as error:
            text = str(error)
            place = _PLACE.search(text)
            wrong = {"key": place[1] if place else "body", "message": _PLACE.sub("", text), "source": "body"}
            raise ValidationException(text, extra=[wrong]) from error
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise SerializationException(str(error)) from error


def _struct_of(handler: Any) -> type[msgspec.Struct] | None:
    signature = getattr(handler, "parsed_fn_signature", None)
    data = signature.parameters.get("data") if signature is not None else None
    kind = data.annotation if data is not None else None
    return kind if isinstance(kind, type) and issubclass(kind, msgspec.Struct) else None
