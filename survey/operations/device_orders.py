"""Takes back what was ordered of a device before it has heard of it. Orders themselves are given in `tablet`."""

from __future__ import annotations

from sqlalchemy.orm import Session

from survey.errors import Problem
from survey.model import Device
from survey.model.actor import Actor
from survey.operations import audit


def cancel_wipe(session: Session, actor: Actor, device_id: int) -> None:
    """Take back the order to wipe a device; raises not-found, also for a device that has wiped itself already."""
    device = session.get(Device, device_id)
    if device is None or not actor.may("supervisor") or device.wipe_ordered_at is None or device.wiped_at is not None:
        raise Problem("not-found")
    device.wipe_ordered_at = None
    audit.record(session, actor, "device.wipe-cancel", "device", device.id)
