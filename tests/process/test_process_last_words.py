"""What the program says of a defect of its own, by every way in which Python tells of one."""

from __future__ import annotations

import asyncio
import re
import signal
import sys
from base64 import b64encode

import pytest

from outside import Outside
from programs import PATIENCE, Ended, until

pytestmark = pytest.mark.process

DEFECTS = """
import asyncio, gc, logging, os, sys, threading, warnings
from base64 import b64encode
from statusbridge import cli
from statusbridge.commands import run

SID, TOKEN = os.environ["TWILIO_ACCOUNT_SID"], os.environ["TWILIO_AUTH_TOKEN"]

def planted(where):
    inside = "-".join(("value", "of", "a", "variable"))
    try:
        raise KeyError(TOKEN, TOKEN.encode(), {"auth": [TOKEN]})
    except KeyError as cause:
        error = ExceptionGroup(f"planted {where} {TOKEN}", [cause, ValueError(TOKEN)])
        error.add_note("sent Basic " + b64encode(f"{SID}:{TOKEN}".encode()).decode())
        raise error from OSError(5, TOKEN, TOKEN)

class Odd:
    def __repr__(self): return TOKEN
    def __del__(self): planted("in an object's end")

async def late(): planted("in a forgotten task")

async def defective(bridge):
    warnings.warn(f"planted in a warning {TOKEN}", DeprecationWarning, stacklevel=1)
    thread = threading.Thread(target=planted, args=("in a thread",), name=TOKEN)
    thread.start(); thread.join()
    Odd()
    asyncio.get_running_loop().call_soon(planted, "in a callback")
    task = asyncio.create_task(late(), name=TOKEN)
    await asyncio.sleep(0.01)
    del task; gc.collect()
    logging.getLogger("uvicorn.error").error("planted in a library's log %r", TOKEN)
    planted("in the cycle")

if sys.argv[1] == "early":
    cli.main = lambda: planted("before there are logs")
run.run_cycle = defective
sys.argv[1:] = ["--config", "config.toml", "run", "--once"]
sys.exit(cli.program())
"""


async def defective(outside: Outside, when: str) -> Ended:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-W", "default", "-c", DEFECTS, when),
        cwd=outside.folder,
        env=outside.environ,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    outside.processes.append(process)
    out, err = await asyncio.wait_for(process.communicate(), PATIENCE)
    return Ended(process.returncode or 0, out.decode(), err.decode())


def secrets_in(outside: Outside, said: str) -> list[str]:
    sid, token = outside.environ["TWILIO_ACCOUNT_SID"], outside.environ["TWILIO_AUTH_TOKEN"]
    pair = b64encode(f"{sid}:{token}".encode()).decode()
    return [secret for secret in (sid, token, pair, "value-of-a-variable") if secret in said]


@pytest.mark.parametrize("form", ["json", "console"])
async def test_defect_is_told_with_its_place_and_without_a_secret(
    outside: Outside, form: str
) -> None:
    outside.configure(more=f'[log]\nformat = "{form}"\n')

    ended = await defective(outside, "late")

    assert (ended.code, ended.out) == (1, "")
    assert secrets_in(outside, ended.err) == []
    for event, where in (
        ("library.warned", "in a warning"),
        ("thread.failed", "in a thread"),
        ("error.ignored", "in an object's end"),
        ("Exception in callback", "in a callback"),
        ("Task exception was never retrieved", "in a forgotten task"),
        ("planted in a library's log", ""),
        ("program.failed", "in the cycle"),
    ):
        assert event in ended.err
        assert f"planted {where}".strip() in ended.err
    assert "please report it" in ended.err
    assert "defective" in ended.err


async def test_defect_before_there_are_logs_is_told_without_a_variables_value(
    outside: Outside,
) -> None:
    ended = await defective(outside, "early")

    assert (ended.code, ended.out) == (1, "")
    assert "planted before there are logs" in ended.err
    assert "value-of-a-variable" not in ended.err


async def test_daemon_that_a_watchdog_ends_says_where_it_was_and_no_value(
    outside: Outside,
) -> None:
    async with outside.daemon() as daemon:
        await until(daemon.cycles)
        code = await daemon.end(signal.SIGABRT)
        said = daemon.err.read_text()

    assert code == -signal.SIGABRT
    assert "Fatal Python error: Aborted" in said
    assert re.search(r"File \".*\", line \d+ in \w+", said)
    assert secrets_in(outside, said) == []
