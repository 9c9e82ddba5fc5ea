"""What a phone needs to hold the pages as an app and to be pushed to: the manifest and the service worker."""

from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.params import FromPath

from backend.auth import push
from backend.auth.guards import csrf_form, page_signed_in, public
from backend.errors import NotFound
from backend.web.render import AnyRequest, actor_of, assets, go, words_of

#: They keep their address from build to build: asked for again each time.
_FRESH = {"cache-control": "no-cache"}
_COLOUR = "#b3261e"


@get("/sw.js", guards=[public], opt={"exclude_from_auth": True}, sync_to_thread=False)
def service_worker() -> Response[bytes]:
    """At the top, because a worker serves what is below its own address."""
    found = assets.assets["sw.js"]
    return Response(found.data, media_type=found.media_type, headers=_FRESH)


@get("/manifest.webmanifest", guards=[public], opt={"exclude_from_auth": True}, sync_to_thread=False)
def manifest(request: AnyRequest) -> Response[bytes]:
    """How the pages look as an app on the Home Screen."""
    words = words_of(request)
    icons: list[dict[str, str]] = [{"src": assets.url("icon.svg"), "sizes": "any", "type": "image/svg+xml"}]
    for size in (192, 512):
        # Drawn to the edges: the phone cuts its own shape.
        drawn = {"src": assets.url(f"icon-{size}.png"), "sizes": f"{size}x{size}", "type": "image/png"}
        icons += [drawn, {**drawn, "purpose": "maskable"}]
    told = {
        "id": "/",
        "name": words.t("brand"),
        "short_name": words.t("brand"),
        "lang": words.locale,
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f2f3f8",
        "theme_color": _COLOUR,
        "icons": icons,
    }
    return Response(msgspec.json.encode(told), media_type="application/manifest+json", headers=_FRESH)


@post("/me/browsers/{browser_id:int}/end", guards=[page_signed_in, csrf_form])
async def end_browser(request: AnyRequest, browser_id: FromPath[int]) -> Response[Any]:
    """A browser takes no more of my notifications."""
    if not await push.unsubscribe(actor_of(request), browser_id):
        raise NotFound("not_found")
    return go("/me#push", "push_ended")


routes = [service_worker, manifest, end_browser]
