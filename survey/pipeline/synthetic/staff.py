"""The people of the synthetic round: accounts of every role, as many as the work needs, with printed passwords."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session

from survey.model import Account, Grant
from survey.model.actor import SYSTEM, Actor
from survey.operations import accounts
from survey.pipeline.synthetic import names
from survey.pipeline.synthetic.chance import choices
from survey.reference.units import districts

PASSWORD = "phieuso-2026"  # noqa: S105 - printed on purpose
"""The password of every demonstration account; printed, meant for a trial installation only."""


@dataclass(frozen=True, slots=True)
class Staff:
    """The accounts by role; enumerators and supervisors by the old district they work in."""

    admin: Account
    statistician: Account
    supervisors: dict[str, Account]
    enumerators: dict[str, Account]
    viewer: Account

    @property
    def everyone(self) -> list[tuple[str, Account]]:
        """Return (role, account) pairs, each account once."""
        people = [("admin", self.admin), ("statistician", self.statistician)]
        people += [("supervisor", account) for account in dict.fromkeys(self.supervisors.values())]
        people += [("enumerator", account) for account in self.enumerators.values()]
        return [*people, ("viewer", self.viewer)]


def employ(session: Session, seed: int, round_id: int) -> Staff:
    """Create the accounts and their rights: a supervisor for four districts, an enumerator for each."""
    codes = [district.code for district in districts()]
    supervisors: dict[str, Account] = {}
    for number, part in enumerate((codes[:4], codes[4:]), start=1):
        account = _account(session, seed, f"gsv{number:02d}")
        _grant(session, account, "supervisor", round_id, part)
        supervisors |= dict.fromkeys(part, account)
    enumerators = {}
    for number, code in enumerate(codes, start=1):
        enumerators[code] = _account(session, seed, f"dtv{number:02d}")
        _grant(session, enumerators[code], "enumerator", round_id, [code])
    staff = Staff(
        admin=_account(session, seed, "quantri"),
        statistician=_account(session, seed, "chuyenvien"),
        supervisors=supervisors,
        enumerators=enumerators,
        viewer=_account(session, seed, "nguoixem"),
    )
    for role, account in (("admin", staff.admin), ("statistician", staff.statistician), ("viewer", staff.viewer)):
        if not session.scalar(select(Grant.id).where(Grant.account_id == account.id)):
            accounts.grant_role(session, SYSTEM, account.id, role)
    return staff


def _account(session: Session, seed: int, username: str) -> Account:
    """Create an account, or return the one that an earlier edition of the round created."""
    found = session.scalar(select(Account).where(Account.username == username))
    if found is not None:
        return found
    rng = choices(seed, "staff", username)
    name = names.person_name(rng, rng.randint(1, 2))
    return accounts.create_account(session, SYSTEM, username=username, name=name, password=PASSWORD)


def _grant(session: Session, account: Account, role: str, round_id: int, areas: Sequence[str]) -> None:
    for area in areas:
        accounts.grant_role(session, SYSTEM, account.id, role, round_id=round_id, area_code=area)


def acting(session: Session, account: Account) -> Actor:
    """Return an account as the one who acts."""
    return accounts.actor_of(session, account)
