from __future__ import annotations

import asyncio
import json
import re
import shlex
import signal

import httpx
import pytest

from outside import RULE, Outside
from programs import PATIENCE

pytestmark = pytest.mark.process


async def test_what_simulate_prints_is_a_configuration_that_works(outside: Outside) -> None:
    ports = ("--twilio-port", "0", "--incidentio-port", "0", "--webhook-port", "0")
    process = await outside.start(("simulate", "calm", *ports), asyncio.subprocess.PIPE)
    assert process.stdout is not None
    printed = b""
    while b"alert_source = " not in printed:
        printed += await asyncio.wait_for(process.stdout.readline(), PATIENCE)
    environment, _, config = printed.decode().partition("# config.toml\n")
    outside.config.write_text(config + RULE.replace('"3s"', '"1m"'))
    for name, value in re.findall(r"^export (\w+)=(.*)$", environment, re.MULTILINE):
        outside.environ[name] = shlex.split(value)[0]

    before = await outside("check", "--notify")
    (page,) = re.findall(r'^base_url = "(.*)"$', config, re.MULTILINE)[1:]
    (twilio,) = re.findall(r'^base_url = "(.*)"$', config, re.MULTILINE)[:1]
    async with httpx.AsyncClient(trust_env=False) as client:
        storm = {"code": 30008, "times": 9, "resource": "SM{n}"}
        await client.post(f"{twilio}/_control/alerts", json=storm)
        once = await outside("run", "--once")
        journal = (await client.get(f"{page}/_control/journal")).json()
    process.send_signal(signal.SIGTERM)
    code = await asyncio.wait_for(process.wait(), PATIENCE)

    assert (before.code, once.code, code) == (0, 0, 0)
    bodies = [json.loads(write["body"]) for write in journal["writes"]]
    assert [body.get("name", body.get("status")) for body in bodies] == [
        *("firing", "resolved"),
        "Delays sending SMS",
        "firing",
    ]


@pytest.mark.parametrize(
    ("args", "code", "said"),
    [
        (("simulate", "stormy"), 78, 'no scenario file "stormy"'),
        (("simulate", "calm", "--for", "long"), 78, "long"),
        (("simulate", "calm", "--twilio-port", "TAKEN"), 1, "choose another port"),
    ],
)
async def test_simulate_says_what_it_cannot_play(
    outside: Outside, args: tuple[str, ...], code: int, said: str
) -> None:
    taken = outside.world.twilio_url.rpartition(":")[2]

    ended = await outside(*(arg.replace("TAKEN", taken) for arg in args))

    assert (ended.code, len(ended.err.splitlines())) == (code, 1)
    assert ended.err.startswith("statusbridge simulate: ")
    assert said in ended.err
