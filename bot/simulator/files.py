"""Files on the fake server and what stands for them in a message."""

from dataclasses import dataclass, field
from typing import Literal

from bot.simulator.wire import Json

Kind = Literal["text", "photo", "document", "voice", "sticker", "service"]


@dataclass(slots=True, eq=False)
class StoredFile:
    """A file on the server; `thumbnail` is the smaller size that a photo also has."""

    id: str
    kind: Kind
    name: str
    mime: str
    path: str
    data: bytes = field(repr=False)
    thumbnail: "StoredFile | None" = None

    def wire(self) -> Json:
        return {"file_id": self.id, "file_unique_id": f"u{self.id}", "file_size": len(self.data)}

    def media(self) -> Json | list[Json]:
        """What stands under `photo`, `document`, `voice` or `sticker` in a message."""
        match self.kind:
            case "photo":
                small = [{**self.thumbnail.wire(), "width": 90, "height": 67}] if self.thumbnail else []
                return [*small, {**self.wire(), "width": 1280, "height": 960}]
            case "voice":
                return {**self.wire(), "duration": 3, "mime_type": self.mime}
            case "sticker":
                size = {"width": 512, "height": 512}
                return {**self.wire(), **size, "type": "regular", "is_animated": False, "is_video": False}
            case _:
                return {**self.wire(), "file_name": self.name, "mime_type": self.mime}
