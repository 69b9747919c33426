"""Devices: what each said of itself, revoking and wiping, and a new one for a person with codes to scan."""

from __future__ import annotations

import segno
from flask import Response as Download
from flask import flash, make_response, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from survey.errors import Problem
from survey.i18n import format_datetime
from survey.model import Account
from survey.operations import collect_code, device_orders, devices, tablet
from survey.query import devices as reads
from survey.query import people
from survey.query.devices import DeviceLine
from survey.text import N_, clean
from survey.web import access
from survey.web.office import blueprint
from survey.web.office.files import csv_response
from survey.web.office.words import word

DEVICE_STATES = {
    "active": N_("In use"),
    "ordered": N_("To be wiped"),
    "wiped": N_("Wiped"),
    "revoked": N_("Revoked"),
}
SKEW_LIMIT = 300
"""Seconds by which a clock may be wrong before the list says so."""


@blueprint.get("/system/devices", endpoint="devices")
@access.roles("admin")
def show() -> str:
    """List the devices."""
    with access.database().reading() as session:
        found = _found(session)
        staff = people.people(session)
    return render_template(
        "office/devices.html",
        devices=found,
        states=[(code, word(DEVICE_STATES, code)) for code in reads.STATES],
        state_word=lambda code: word(DEVICE_STATES, code),
        staff=[p for p in staff if p.state == "active"],
        skew_limit=SKEW_LIMIT,
        unsent=sum(line.unsent or 0 for line in found if line.state == "active"),
    )


@blueprint.get("/system/devices.csv")
@access.roles("admin")
def devices_csv() -> Download:
    """Give the list as it is shown."""
    with access.database().reading() as session:
        found = _found(session)
    header = [
        _("Person"), _("User name"), _("Device"), _("State"), _("Enrolled"), _("Last contact"), _("Edition"),
        _("Unsent"), _("Drafts"), _("Storage kept"), _("Free (MB)"), _("Clock off by (s)"),
    ]  # fmt: skip
    return csv_response("thiet-bi", header, (_cells(line) for line in found))


@blueprint.post("/system/devices/new")
@access.roles("admin")
def new_device() -> Response:
    """Enrol a device for a person and show, once, what is scanned or typed on it."""
    account_id = request.form.get("account", 0, int)
    name = clean(request.form.get("name", "")) or "ODK Collect"
    with access.database().transaction() as session:
        account = session.get(Account, account_id)
        if account is None or account.state != "active":
            raise Problem("not-found")
        device, token = devices.enrol(session, access.actor(), account_id=account_id, name=name)
    root = access.config().public_address or request.url_root
    own_address = root.rstrip("/") + url_for("tablet.page")
    settings = collect_code.collect_settings(root, token, project=f"Phiếu Số – {device.name}")
    page = render_template(
        "office/device_new.html",
        person=account,
        device=device,
        address=collect_code.server_url(root, token),
        collect=_code(settings),
        own_address=own_address,
        own=_code(own_address),
    )
    return make_response(page)


@blueprint.post("/system/devices/<int:device_id>/<act>")
@access.roles("admin")
def device_act(device_id: int, act: str) -> Response:
    """Revoke a device, order it to wipe itself, or take that order back."""
    with access.database().transaction() as session:
        if act == "revoke":
            devices.revoke(session, access.actor(), device_id)
            said = _("The device was revoked. What it already sent stays on file.")
        elif act == "wipe":
            tablet.order_wipe(session, access.actor(), device_id)
            said = _("At its next contact the device sends what it holds and then forgets its person.")
        elif act == "keep":
            device_orders.cancel_wipe(session, access.actor(), device_id)
            said = _("The order was taken back. The device keeps its work.")
        else:
            raise Problem("not-found")
    flash(said)
    query = request.form.get("query", "")
    return redirect(f"{url_for('office.devices')}{f'?{query}' if query else ''}")


def _found(session: Session) -> list[DeviceLine]:
    return reads.devices(session, text=request.args.get("q", ""), state=request.args.get("state", ""))


def _cells(line: DeviceLine) -> tuple[object, ...]:
    return (
        line.person,
        line.username,
        line.name,
        word(DEVICE_STATES, line.state),
        format_datetime(line.created_at),
        format_datetime(line.seen_at) if line.seen_at else "",
        line.build,
        line.unsent,
        line.drafts,
        "" if line.persisted is None else int(line.persisted),
        line.free_mb,
        line.skew_s,
    )


def _code(text: str) -> str:
    """Return a code to scan as the address of an image."""
    return str(segno.make(text, error="m", micro=False).svg_data_uri(scale=4, border=2, dark="#16212b"))
