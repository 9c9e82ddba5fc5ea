"""What the tests of pages share: a browser without JavaScript that keeps cookies and fills in forms."""

import re
from typing import Any

import httpx

from backend.auth import service as auth
from tests.cast import Cast

_FORM = re.compile(r"<form\b(?P<head>[^>]*)>(?P<body>.*?)</form>", re.S)
_INPUT = re.compile(r"<(?:input|button)\b([^>]*)>", re.S)
_CSRF = re.compile(r'name="csrf" value="([^"]+)"')
_ATTRIBUTE = re.compile(r'([\w-]+)(?:="([^"]*)")?')


class Browser:
    """Follows no redirect by itself, so that tests see them; ``page`` is the last HTML it got."""

    def __init__(self, app: Any, locale: str = "vi", address: str = "127.0.0.1") -> None:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False, client=(address, 50000))
        headers = {"accept": "text/html", "accept-language": locale}
        self.client = httpx.AsyncClient(transport=transport, base_url="http://test", headers=headers)
        self.page = ""

    async def __aenter__(self) -> "Browser":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.client.aclose()

    async def sign_in(self, cast: Cast, handle: str) -> "Browser":
        """A session of this person, without the form (which has its own tests)."""
        opened = await auth.open_session(cast.people[handle].id, "test browser")
        self.client.cookies.set("giaoviec_session", opened.token)
        return self

    async def get(self, path: str, status: int = 200) -> str:
        """The page at ``path``; a redirect's address when ``status`` is 303."""
        return self._seen(await self.client.get(path), status)

    async def post(self, path: str, data: dict[str, Any], status: int = 303, files: Any = None) -> str:
        """Send a form as it stands on the page (hidden fields of the form for ``path`` are added); the redirect's
        address, or the page when ``status`` is another."""
        answer = await self.client.post(path, data={**self.csrf(), **self.hidden(path), **data}, files=files)
        return self._seen(answer, status)

    async def follow(self, path: str, data: dict[str, Any], files: Any = None) -> str:
        """Send a form and open where it leads."""
        return await self.get(await self.post(path, data, files=files))

    def _seen(self, answer: httpx.Response, status: int) -> str:
        assert answer.status_code == status, (answer.status_code, answer.headers.get("location"), answer.text[-3000:])
        if status == 303:
            return answer.headers["location"]
        self.page = answer.text
        return answer.text

    def csrf(self) -> dict[str, str]:
        """The CSRF field of whatever form the page has."""
        found = _CSRF.search(self.page)
        return {"csrf": found[1]} if found else {}

    def hidden(self, path: str) -> dict[str, str]:
        """Hidden fields of the form that the page sends to ``path``; empty when it has no such form."""
        for form in _FORM.finditer(self.page):
            if dict(_ATTRIBUTE.findall(form["head"])).get("action") == path:
                found = (dict(_ATTRIBUTE.findall(one)) for one in _INPUT.findall(form["body"]))
                return {one["name"]: one.get("value", "") for one in found if one.get("type") == "hidden"}
        return {}


def text_of(page: str) -> str:
    """A page without its tags, runs of white space as one blank."""
    import html

    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", page))).strip()
