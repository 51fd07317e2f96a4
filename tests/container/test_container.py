"""The image in a container: make image-trial. Skipped where no image is named."""

from __future__ import annotations

import errno
import json
import os
import re
import shlex
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from container.engine import IMAGE, UID, Host, engine, handed_over
from outside import OPENED, PAGE, RULE, outside_of
from pages import ROOT, commands_of, text_of
from programs import get, until
from statusbridge.simulators.scenario import Scenario

OPERATIONS = ROOT / "docs" / "operations.md"

pytestmark = [
    pytest.mark.process,
    pytest.mark.skipif(not IMAGE, reason="no image to try; make image-trial names one"),
    pytest.mark.skipif(os.geteuid() != 0, reason="secrets are handed to the image's user by root"),
]


@pytest.fixture
async def host() -> AsyncIterator[Host]:
    """Both simulators, a configuration that opens an incident, and an empty volume."""
    async with outside_of(Scenario(pages=(PAGE,))) as outside:
        host = Host(outside)
        host.configure()
        yield host
        await engine("volume", "rm", "--force", host.volume)


async def test_a_storm_is_published_once_by_two_containers_on_one_volume(host: Host) -> None:
    async with host.outside.storm():
        async with host.container() as first:
            await until(host.outside.posts)
            await first.cycles(2)
            asked = time.monotonic()
            code = await first.stop()
            took = time.monotonic() - asked
        async with host.container() as second:
            await second.cycles(3)
            known = json.loads((await second.statusbridge("status", "--json")).out)

    assert (code, took < 10) == (0, True)
    assert (host.outside.texts(), host.outside.writes()) == ([OPENED], 1)
    assert [(one["state"], one["owner"]) for one in known["incidents"]] == [
        ("investigating", "ours")
    ]


async def test_the_command_of_the_docs_starts_it_and_its_backup_is_whole(host: Host) -> None:
    (shown,) = (line for _, line in commands_of(OPERATIONS) if line.startswith("docker run"))
    (run,) = re.findall(r"^docker (run .*) statusbridge$", shown)
    (backup,) = re.findall(r"exec statusbridge (statusbridge backup [^`]*)`", text_of(OPERATIONS))

    async with host.as_shown(shlex.split(run)) as container:
        await container.cycles(1)
        code = (await engine("exec", container.name, *backup.split())).code
        alive = await container.statusbridge("alive")
        ended = await container.stop()

    assert (code, alive.out, ended) == (0, "alive\n", 0)


async def test_the_health_check_tells_a_daemon_from_none(host: Host) -> None:
    async with host.container() as container:
        await container.event("daemon.started")

        healthy = await engine("healthcheck", "run", container.name)
        live, _ = await get(f"http://127.0.0.1:{host.port}/livez")
        await engine("kill", "--signal", "STOP", container.name)
        stuck = await engine("healthcheck", "run", container.name)
        await engine("kill", "--signal", "CONT", container.name)

    assert (healthy.code, live, stuck.code) == (0, 200, 1)


async def test_it_has_no_rights_and_nothing_else_to_run(host: Host) -> None:
    async with host.container() as container:
        await container.event("daemon.started")
        status = await container.python(
            "import json; print(json.dumps(dict("
            "line.strip().split(':\\t', 1) for line in open('/proc/1/status') if ':\\t' in line)))"
        )
        refused = await container.python(
            "import json\n"
            "def refusal(path):\n"
            "    try: open(path, 'w')\n"
            "    except OSError as error: return error.errno\n"
            "print(json.dumps([refusal(p) for p in ('/x', '/opt/statusbridge/x', '/run/x')]))"
        )
        shell = await engine("exec", container.name, "sh", "-c", "true")

    assert status["Uid"].split() == status["Gid"].split() == [str(UID)] * 4
    assert {int(status[f"Cap{kind}"], 16) for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {0}
    # Seccomp 2: a filter is in force.
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    assert set(refused) <= {errno.EROFS, errno.EACCES}
    assert shell.code == 127


async def test_doctor_finds_nothing_odd_in_it(host: Host) -> None:
    async with host.container() as container:
        await container.cycles(1)
        found = json.loads((await container.statusbridge("doctor", "--json")).out)
        exposed = [e for e in await container.events() if e["event"] == "file.exposed"]

    assert [one for one in found["findings"] if one["level"] != "ok"] == []
    assert exposed == []


async def test_a_volume_and_secrets_as_kubernetes_hands_them_over_will_do(host: Host) -> None:
    volume = host.outside.folder / "volume"
    volume.mkdir()
    handed_over(volume, 0o2770)
    for secret in (host.outside.folder / "secrets").iterdir():
        handed_over(secret, 0o440)
    host.volume = str(volume)

    async with host.container() as container:
        await container.cycles(1)
        exposed = [e for e in await container.events() if e["event"] == "file.exposed"]
        state = volume / "state"
        rights = {path.name: path.stat().st_mode & 0o777 for path in (state, *state.iterdir())}

    assert exposed == []
    assert (rights["state"], rights["state.db"]) == (0o700, 0o600)


async def test_a_changed_configuration_is_found_by_sighup(host: Host) -> None:
    async with host.container() as container:
        await container.cycles(1)
        host.configure(RULE.replace('id        = "sms"', 'id        = "texts"'))
        await engine("kill", "--signal", "HUP", container.name)
        await container.event("config.reloaded")
        known = json.loads((await container.statusbridge("status", "--json")).out)

    assert [rule["id"] for rule in known["rules"]] == ["texts"]


async def test_a_secret_that_is_written_anew_is_used_by_the_next_request(host: Host) -> None:
    page, secret = host.outside.world.incidentio, host.outside.folder / "secrets/incident_api_key"
    async with host.container() as container:
        await container.cycles(1)
        page.api_key = "inc_another_key_of_the_same_page_0000000001"
        async with host.outside.storm():
            await container.event("source.unavailable")
            secret.write_text(page.api_key)
            await until(host.outside.posts)

    assert host.outside.texts() == [OPENED]


async def test_placeholders_and_a_missing_configuration_end_it_with_a_word(host: Host) -> None:
    folder = host.outside.folder
    (folder / "secrets" / "incident_api_key").write_text("replace_me")
    async with host.container() as container:
        placeholder = await engine("wait", container.name), await engine("logs", container.name)
    (folder / "config" / "config.toml").unlink()
    async with host.container() as container:
        missing = await engine("wait", container.name), await engine("logs", container.name)

    assert [int(ended.out) for ended, _ in (placeholder, missing)] == [78, 78]
    assert "holds a placeholder; put the real secret in its place" in placeholder[1].err
    assert "/etc/statusbridge/config.toml: no such file" in missing[1].err


async def test_sigterm_ends_it_also_before_the_daemon_is_there_to_hear_it(host: Host) -> None:
    config = host.outside.folder / "config" / "config.toml"
    config.unlink()
    os.mkfifo(config)
    async with host.container() as container:
        writer = await until(lambda: opened_by_a_reader(config))
        asked = time.monotonic()
        code = await container.stop()
        took = time.monotonic() - asked
        os.close(writer)

    assert (code, took < 10) == (128 + signal.SIGTERM, True)


def opened_by_a_reader(pipe: Path) -> int | None:
    """The pipe's other end, once somebody waits to read from it; reading then goes on waiting."""
    try:
        return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    except OSError:
        return None
