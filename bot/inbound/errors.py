"""An error as one sentence for a chat."""

from backend.errors import AppError, InvalidFields
from backend.kit import sentences


def sentence(error: AppError, locale: str) -> str:
    """What to say of an error that is somebody's answer; every wrong field on its own line."""
    said = sentences.say(locale, error.code, error.params)
    if isinstance(error, InvalidFields):
        params = [{k: v for k, v in issue.items() if k not in ("where", "code")} for issue in error.issues]
        lines = [sentences.say(locale, issue["code"], rest) for issue, rest in zip(error.issues, params, strict=True)]
        return "\n".join([said, *lines])
    return said
