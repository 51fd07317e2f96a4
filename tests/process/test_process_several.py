from __future__ import annotations

import pytest

from outside import RULE, Outside, outside_of
from programs import until
from statusbridge.simulators.scenario import parse

pytestmark = pytest.mark.process

SCENARIO = """
[[twilio.accounts]]
name = "prod"
[[twilio.accounts]]
name = "staging"
[[incidentio.pages]]
id = "01FA4E0000000000000000PUBL"
structure = [{ group = "Messaging", components = ["SMS"] }, { component = "API" }]
[[incidentio.pages]]
id = "01FA4E0000000000000000VIPS"
key = "vips"
structure = [{ component = "Text messages" }]
"""
ACCOUNTS = """
[[twilio.accounts]]
name = "{name}"
account_sid = "{sid}"
auth_token = {{ env = "{variable}" }}
"""


def rule(page: str, component: str, accounts: str, title: str) -> str:
    """A rule of its own name for *page* that counts the alerts of *accounts*."""
    return (
        RULE.replace('id        = "sms"', f'id = "{page}-sms"\npage = "{page}"')
        .replace("Messaging / SMS", component)
        .replace("codes = [30008]", f"codes = [30008], accounts = {accounts}")
        .replace("Delays sending SMS", title)
    )


def configure(outside: Outside) -> None:
    """Name both accounts, each with its own token, and both pages."""
    accounts = ""
    for account in outside.world.twilio.accounts:
        variable = f"TOKEN_OF_{account.name.upper()}"
        outside.environ[variable] = account.auth_token
        accounts += ACCOUNTS.format(name=account.name, sid=account.account_sid, variable=variable)
    for name in ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN"):
        del outside.environ[name]
    first, second = outside.world.incidentio.pages
    outside.configure(
        rule("public", "Messaging / SMS", '["prod"]', "Delays for all")
        + rule("vips", "Text messages", '["prod", "staging"]', "Delays for some"),
        more=accounts,
        pages=f'{{ public = "{first}", vips = "{second}" }}',
    )


async def test_each_page_hears_of_its_own_accounts_alone() -> None:
    async with outside_of(parse(SCENARIO, "test")) as outside:
        configure(outside)
        async with outside.daemon() as daemon, outside.storm(account="staging"):
            await until(outside.posts)
            await daemon.cycle()
            staging = outside.posts()
            async with outside.storm(account="prod"):
                await until(lambda: of(outside, "Delays for all"))
        plan = await outside.json("plan")

    assert [(p.text[0], p.components) for p in staging] == [
        ("Delays for some", {"Text messages": "degraded_performance"})
    ]
    first = next(p for p in outside.posts() if p.text[0] == "Delays for all")
    assert first.components == {"SMS": "degraded_performance"}
    assert plan["page"] == "public, vips"


async def test_account_that_is_refused_freezes_what_it_gave_evidence_of_and_nothing_else() -> None:
    async with outside_of(parse(SCENARIO, "test")) as outside:
        configure(outside)
        async with outside.daemon():
            async with outside.storm(account="prod"), outside.storm(account="staging"):
                await until(lambda: opened(outside) == {"Delays for all", "Delays for some"})
            outside.environ["TOKEN_OF_STAGING"] = "revoked-t0ken"
        async with outside.daemon():
            await until(lambda: of(outside, "Delays for all")[-1] == "resolved")
            document = await outside.json("status")
        once = await outside("run", "--once")

    frozen = {i["page"]: i["frozen_by"] for i in document["incidents"]}
    assert set(of(outside, "Delays for some")) == {"investigating"}
    assert frozen["vips"] == ["staging"]
    assert {s["account"]: s["last_error"] is None for s in document["sources"]} == {
        "prod": True,
        "staging": False,
    }
    assert (once.code, "account staging: " in once.err, "account prod" in once.err) == (
        77,
        True,
        False,
    )


def opened(outside: Outside) -> set[str]:
    """Return the titles of the incidents on all pages."""
    return {name for name, _, _ in outside.texts()}


def of(outside: Outside, title: str) -> list[str]:
    """Return the stages that the incident of that title went through."""
    return [stage for name, stage, _ in outside.texts() if name == title]
