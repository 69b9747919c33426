"""What came of a soak: what was finished on the tablet against what the server has, record by record, file by file."""

from __future__ import annotations

import hashlib

from sqlalchemy import func, select
from sqlalchemy.orm import undefer

from survey.model import Attachment, Quarantine, Revision, Submission
from tests.browser.tablet_site import Site


def verdict(site: Site, made: set[str]) -> dict[str, int]:
    """Compare; every figure but `finished` and `files` has to be 0."""
    with site.database.reading() as session:
        query = select(Revision).where(Revision.instance_id.in_(made)).options(undefer(Revision.answers))
        rows = session.scalars(query).all()
        found = {row.instance_id: row for row in rows}
        named = {row.id for row in rows if row.answers["head"].get("photo")}
        files = session.scalars(select(Attachment).where(Attachment.revision_id.in_([row.id for row in rows]))).all()
        held = session.scalar(select(func.count()).select_from(Quarantine)) or 0
        submissions = session.scalar(select(func.count()).select_from(Submission)) or 0
    whole = {file.revision_id for file in files if _is_whole(site, file)}
    return {
        "finished": len(made),
        "lost": len(made - set(found)),
        "twice": submissions - site.before[0] - len(found),
        "versions too many": site.revisions() - len(found),
        "held": held,
        "files": len(whole),
        "files missing, empty or other": len(named - whole) + sum(not _is_whole(site, file) for file in files),
    }


def _is_whole(site: Site, file: Attachment) -> bool:
    """Tell whether a file lies in the store with the bytes that the record names."""
    if not file.sha256:
        return False
    path = site.config.media / file.sha256[:2] / file.sha256
    return path.exists() and hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256 and bool(file.size)
