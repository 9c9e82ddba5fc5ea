from backend.domain.types import SYSTEM
from backend.org.importing import import_path
from backend.sample import sample_folder
async def test_sample(db):
    r = await import_path(SYSTEM, sample_folder()); print(r.created)
    r = await import_path(SYSTEM, sample_folder()); print(r.created, r.changed, r.unchanged)
