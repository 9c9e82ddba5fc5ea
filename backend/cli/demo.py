"""The demo: an embedded database with the sample office, and a clock that starts in working time."""

from datetime import timedelta

from backend.calendars.queries import OFFICE, calendar_for
from backend.cli.frame import locale
from backend.kit import clock, db, migrations, state
from backend.kit.i18n import moment, t
from backend.models import Person
from backend.settings import Settings

#: Known to everybody, which is why the demo listens on this machine only.
PASSWORD = "giaoviec-dung-thu"
DEMO_KEY = "demo"


async def prepare(settings: Settings) -> None:
    """Migrate, load the sample office into an empty database, and move the clock into working time.

    Raises SystemExit when the database is a real office's: the demo never touches one.
    """
    await migrations.migrate(settings.database)
    async with db.opened(settings.database, 2):
        if await Person.exists() and await state.get(DEMO_KEY) is None:
            raise SystemExit("giaoviec: this database holds a real office; the demo does not touch it (set VAR_DIR)")
        await state.sync_clock()
        await start_in_working_time()
        if not await Person.exists():
            from backend.cli.sample import load_sample

            # Whole or not at all: an interrupted first start must not leave half an office.
            async with db.transaction():
                await state.put(DEMO_KEY, "1")
                await load_sample(PASSWORD)


async def start_in_working_time() -> None:
    """When the product clock stands outside working time, move it to 08:00 of the next working day."""
    calendar = await calendar_for(OFFICE)
    now = clock.now()
    if calendar.is_working(now):
        return
    opens = calendar.next_working(now)
    local = opens.astimezone(calendar.zone)
    start = local if local.hour >= 8 else local.replace(hour=8, minute=0)
    await state.move_clock(start - now + timedelta(seconds=1))


def welcome(settings: Settings) -> list[str]:
    """What a newcomer needs to know, in both the terminal's language and words."""
    where = locale()
    return [
        t(
            where,
            "cli.demo_welcome",
            url=settings.url,
            chair="chutich@hoabinh.example.vn",
            head="truongphong@hoabinh.example.vn",
            officer="an@hoabinh.example.vn",
            hr="tochuc@hoabinh.example.vn",
            password=PASSWORD,
            now=moment(where, clock.now(), settings.zone),
        )
    ]
