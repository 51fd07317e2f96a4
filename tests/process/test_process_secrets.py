from __future__ import annotations

from pathlib import Path

import pytest

from outside import RULE, outside_of
from programs import get, until
from statusbridge.simulators.scenario import parse

pytestmark = pytest.mark.process

TOKEN = "t0ken5ecret0f7wilio00000000000000"
API_KEY = "inc_5ecret0f1ncident0io"
PRIVATE = {
    "number": "+15005550142",
    "mail": "jane.doe@example.org",
    "path": "/private/hook/9f8e7d",
    "word": "zanzibar-passport",
    "query": "session=c00kie",
}

SCENARIO = f"""
[[twilio.accounts]]
name = "default"
auth_token = "{TOKEN}"
[incidentio]
api_key = "{API_KEY}"
[[incidentio.pages]]
structure = [{{ group = "Messaging", components = ["SMS"] }}]
"""


async def test_no_secret_and_nothing_of_an_alerts_text_is_ever_written_down() -> None:
    async with outside_of(parse(SCENARIO, "test")) as outside:
        outside.configure(
            RULE.replace("codes = [30008]", 'codes = [30008], text_contains = ["zanzibar"]'),
            more='[log]\nlevel = "debug"\n',
        )
        text = f"Msg={PRIVATE['word']}+from+{PRIVATE['mail']}&To={PRIVATE['number']}"
        url = f"https://hooks.example.com{PRIVATE['path']}?{PRIVATE['query']}"
        said: list[str] = []
        async with outside.storm(text=text, request_url=url):
            for command in (
                ("plan", "--out", "plan.json"),
                ("plan", "--json"),
                ("run", "--dry-run", "--once"),
                ("check",),
                ("run", "--once"),
                ("status",),
            ):
                ended = await outside(*command)
                said += [ended.out, ended.err]
            outside.fault("twilio", kind="status", status=401, times=2)
            outside.fault("incidentio", kind="lost_before", times=2)
            async with outside.daemon() as daemon:
                await until(lambda: daemon.event("source.recovered"))
                url = await daemon.url()
                said += [(await get(f"{url}/{path}"))[1] for path in ("readyz", "metrics")]
                said.append((await outside("status", "--json")).out)
        written = {path: path.read_bytes() for path in files(outside.folder)}
        posts = repr(outside.posts())

    assert "Some text messages are failing." in posts
    for secret in (TOKEN, API_KEY, *PRIVATE.values()):
        assert secret not in posts
        assert not [text for text in said if secret in text], secret
        assert not [path for path, data in written.items() if secret.encode() in data], secret


def files(folder: Path) -> list[Path]:
    """Return every file below *folder*, the state file's own neighbours among them."""
    return [path for path in folder.rglob("*") if path.is_file()]
