"""Checks what our bot sent against Telegram's own content rules, by an independent implementation of them (teremok)."""

import json
from typing import Any

from bot.simulator.telegram import FakeTelegram
from bot.simulator.wire import Call, Upload

_SENT_AS_JSON = frozenset({
    "reply_markup", "reply_parameters", "link_preview_options", "entities", "caption_entities", "media", "commands",
    "scope", "allowed_updates",
})  # fmt: skip


def captured_problems(fake: FakeTelegram) -> list[str]:
    """One line for each captured call that breaks a content rule of Telegram or is no known call at all; [] is good.

    Calls that the fake refused count too: a bot that needs the server to refuse it is wrong.
    """
    # aiogram takes seconds to import, so tests that never call this do not pay for it.
    import aiogram.methods
    from aiogram import Bot
    from pydantic import ValidationError
    from teremok import ApiRuleViolation
    from teremok.validation import validate_method

    classes = {name.lower(): getattr(aiogram.methods, name) for name in aiogram.methods.__all__}
    bot = Bot("42:TEST")
    problems = []
    for place, call in enumerate(fake.calls):
        if call.method == "download":
            continue
        try:
            validate_method(bot, classes[call.method.lower()].model_validate(_fields(call)))
        except KeyError:
            problems.append(f"call {place} {call.method}: no such method")
        except ValidationError as error:
            problems.append(f"call {place} {call.method}: {error.errors()[0]['loc']} {error.errors()[0]['msg']}")
        except ApiRuleViolation as violation:
            problems.append(f"call {place} {call.method}: {violation.description}")
    return problems


def _fields(call: Call) -> dict[str, Any]:
    """The parameters as aiogram holds them: structures decoded, file parts as the text that refers to them."""
    fields = {}
    for name, value in call.params.items():
        if isinstance(value, Upload):
            fields[name] = f"attach://{name}"
        elif name in _SENT_AS_JSON and isinstance(value, str):
            fields[name] = json.loads(value)
        else:
            fields[name] = value
    return fields
