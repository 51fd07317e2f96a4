"""What is played in the machine, in this order; each scene returns in a line what was seen."""

from __future__ import annotations

import re
import time

from systemd.machine import Machine, until

CONFIG = "/etc/statusbridge/config.toml"
UNIT = "statusbridge.service"
TITLE = "Delays sending SMS"

# Of the simulators, which take these and no others.
SID = "ACfa4efa4efa4efa4ec5d7e91e57ed67ba"
SECRETS = {
    "twilio_auth_token": "fa4efa4efa4efa4e3a054bb1e2324bad",
    "incident_api_key": "inc_fa4e_not_a_real_key_0000000000000001",
}
TWILIO, PAGE = 8001, 8002

SCENARIO = """
[[incidentio.pages]]
structure = [{ group = "Messaging", components = ["SMS"] }]
"""

CONFIGURATION = f"""
[twilio]
base_url      = "http://127.0.0.1:{TWILIO}"
poll_interval = "1s"
overlap       = "1m"
[[twilio.accounts]]
name        = "prod"
account_sid = "{SID}"
auth_token  = {{ credential = "twilio_auth_token" }}
[incidentio]
base_url = "http://127.0.0.1:{PAGE}"
api_key  = {{ credential = "incident_api_key" }}
pages    = {{ public = "01FA4E0000000000000000PAGE" }}
[store]
path = "/var/lib/statusbridge/state.db"
[server]
socket = "/run/statusbridge/statusbridge.sock"
[publish]
doubt_wait = "5s"
[[rules]]
id        = "sms"
component = "Messaging / SMS"
window    = "10m"
stage     = "auto"
match     = {{ codes = [30008] }}
trigger.degraded_performance = {{ count = 4 }}
trigger.partial_outage       = {{ count = 40 }}
recover   = {{ after = "10m", settle = "10m" }}
[rules.text]
title         = "{TITLE}"
investigating = "Some text messages are failing."
worsened      = "More text messages are failing."
monitoring    = "Delivery is normal again."
resolved      = "Delivery is back to normal."
"""


def install(machine: Machine, *options: str) -> str:
    """Install the checkout's wheel, with nothing from elsewhere."""
    wheel = machine("sh", "-c", "echo /wheels/statusbridge-*.whl").strip()
    alone = ("env", "PIP_NO_INDEX=1", "PIP_FIND_LINKS=/wheels")
    return machine(*alone, "/src/deploy/systemd/install.sh", "--wheel", wheel, *options)


def status_line(machine: Machine) -> str:
    return machine.show(UNIT, "StatusText")


def posts(machine: Machine) -> list[str]:
    """Return the text of every post on the page, in order."""
    found = machine.ask(PAGE, "/_control/incidents")
    return [post["message"] for incident in found for post in incident["posts"]]


def rain(machine: Machine, alerts: int) -> None:
    """Let so many alerts have happened just now."""
    entry = {"at": "-1s", "times": alerts, "every": "0.01s", "code": 30008, "resource": "SM{n}"}
    machine.ask(TWILIO, "/_control/alerts", entry)


def start_simulators(machine: Machine) -> None:
    """Start both with nothing on them."""
    machine.write("/etc/sim.toml", SCENARIO)
    machine.run("systemctl", "stop", "sim")
    program = "/opt/statusbridge/.venv/bin/statusbridge"
    machine(
        "systemd-run", "--quiet", "--collect", "--unit=sim", program, "simulate", "/etc/sim.toml"
    )
    until(lambda: machine.run("systemctl", "is-active", "sim").code == 0)


def write_secrets(machine: Machine) -> None:
    for name, value in SECRETS.items():
        machine.write(f"/etc/statusbridge/secrets/{name}", value + "\n", mode="0600")


def installs_twice_and_overwrites_nothing(machine: Machine) -> str:
    first = install(machine)
    machine.write(CONFIG, CONFIGURATION)
    install(machine)

    assert machine("cat", CONFIG) == CONFIGURATION
    assert machine("stat", "-c", "%a %U", "/etc/statusbridge/secrets").strip() == "700 root"
    assert machine("systemd-analyze", "verify", UNIT) == ""
    return next(line for line in first.splitlines() if "is installed" in line)


def says_as_an_error_what_keeps_it_from_starting(machine: Machine) -> str:
    refused = machine.run("systemctl", "start", UNIT)
    errors = machine("journalctl", "-u", UNIT, "-p", "err", "-o", "cat").splitlines()

    assert (refused.code, machine.show(UNIT, "ExecMainStatus")) == (1, "78")
    assert machine.show(UNIT, "ActiveState") == "failed"
    assert [line for line in errors if "credential incident_api_key is empty" in line]
    return next(line for line in errors if "credential" in line)


def is_ready_before_anybody_answers(machine: Machine) -> str:
    write_secrets(machine)
    begun = time.monotonic()
    machine("systemctl", "enable", "--now", UNIT)
    took = time.monotonic() - begun
    line = until(lambda: "Not ready: account prod" in status_line(machine) and status_line(machine))

    assert took < 10
    return f"started in {took:.1f} s; {line}"


def tells_in_a_line_what_it_is_about(machine: Machine) -> str:
    start_simulators(machine)
    until(lambda: status_line(machine).startswith("Ready, read up to "))
    rain(machine, 10)
    line: str = until(lambda: "1 open (sms)" in status_line(machine) and status_line(machine))

    assert f'Status: "{line[:5]}' in machine("systemctl", "status", UNIT)
    assert posts(machine) == ["Some text messages are failing."]
    return line


def runs_as_nobody_in_a_closed_room(machine: Machine) -> str:
    pid = machine.show(UNIT, "MainPID")
    facts = dict(re.findall(r"^(\w+):\s+(.*)$", machine("cat", f"/proc/{pid}/status"), re.M))
    room = ("nsenter", "-t", pid, "-m")

    assert facts["Uid"].split()[0] not in ("0", "65534")
    assert (facts["CapEff"], facts["NoNewPrivs"], facts["Seccomp"]) == ("0" * 16, "1", "2")
    for folder in ("/etc", "/usr", "/opt/statusbridge", "/var/lib"):
        assert "Read-only" in machine.run(*room, "touch", f"{folder}/x").text, folder
    for folder in ("/var/lib/statusbridge", "/run/statusbridge", "/tmp", "/var/tmp", "/dev/shm"):
        machine(*room, "install", "-m", "0755", "/usr/bin/true", f"{folder}/true")
        assert "Permission denied" in machine.run(*room, f"{folder}/true").text, folder
        machine(*room, "rm", f"{folder}/true")
    return f"user {facts['Uid'].split()[0]}, {facts['Seccomp_filters']} filters of system calls"


def as_user(name: str) -> tuple[str, ...]:
    return ("setpriv", f"--reuid={name}", f"--regid={name}", "--init-groups")


def heeds_its_group_and_nobody_else(machine: Machine) -> str:
    machine("groupadd", "oncall")
    machine("useradd", "-G", "oncall", "ada")
    machine("useradd", "bob")
    machine.write(f"/etc/systemd/system/{UNIT}.d/group.conf", "[Service]\nGroup=oncall\n")
    machine("systemctl", "daemon-reload")
    machine("systemctl", "restart", UNIT)
    ada, bob = as_user("ada"), as_user("bob")
    until(lambda: status_line(machine).startswith("Ready"))
    paused = machine(*ada, "statusbridge", "pause", "public/sms")
    refused = machine.run(*bob, "statusbridge", "resume", "public/sms")
    history = machine(*ada, "statusbridge", "review", "--history")
    machine("statusbridge", "resume", "public/sms")

    assert refused.code == 1, refused.text
    assert "ada (as nobody)" in history
    return f"{paused.splitlines()[0]} bob: {refused.text.splitlines()[0]}"


def reloads_a_good_file_and_refuses_a_wrong_one(machine: Machine) -> str:
    pid = machine.show(UNIT, "MainPID")
    machine.write(CONFIG, CONFIGURATION.replace("More text", "Many more text"))
    machine("systemctl", "reload", UNIT)
    rain(machine, 60)
    until(lambda: posts(machine)[1:] == ["Many more text messages are failing."])
    machine.write(CONFIG, CONFIGURATION + "[[rules]]\nidd = 1\n")
    refused = machine.run("systemctl", "reload", UNIT)
    line: str = until(lambda: "in force" in status_line(machine) and status_line(machine))
    machine.write(CONFIG, CONFIGURATION)
    machine("systemctl", "reload", UNIT)
    until(lambda: "in force" not in status_line(machine))

    assert refused.code == 1
    assert "rules[1].idd" in machine("journalctl", "-u", UNIT, "-p", "err", "-o", "cat")
    assert machine.show(UNIT, "MainPID") == pid
    return line


def wedge(machine: Machine) -> float:
    """Stop the daemon in its tracks; return after how many seconds it was ready again."""
    machine.write(f"/etc/systemd/system/{UNIT}.d/soon.conf", "[Service]\nWatchdogSec=3s\n")
    machine("systemctl", "daemon-reload")
    machine("systemctl", "restart", UNIT)
    until(lambda: status_line(machine).startswith("Ready"))
    wedged = time.monotonic()
    machine("kill", "-STOP", machine.show(UNIT, "MainPID"))
    until(lambda: machine.show(UNIT, "NRestarts") == "1" and machine.show(UNIT, "MainPID") != "0")
    until(lambda: status_line(machine).startswith("Ready"))
    took = time.monotonic() - wedged
    machine("rm", f"/etc/systemd/system/{UNIT}.d/soon.conf")
    machine("systemctl", "daemon-reload")
    return took


def is_ended_when_wedged_and_posts_nothing_twice(machine: Machine) -> str:
    before = posts(machine)
    took = wedge(machine)
    last = machine("journalctl", "-u", UNIT, "-o", "cat")

    assert "Watchdog timeout" in last
    assert "Fatal Python error: Aborted" in last
    assert posts(machine) == before
    return f"ready again {took:.1f} s after it was stopped, {len(before)} posts as before"


def stops_at_once_and_within_10_s_of_a_request_that_hangs(machine: Machine) -> str:
    idle = _stop(machine)
    machine("systemctl", "start", UNIT)
    hang = {"method": "GET", "kind": "hang"}
    until(lambda: status_line(machine).startswith("Ready"))
    machine.ask(TWILIO, "/_control/faults", hang)
    until(lambda: machine.ask(TWILIO, "/_control/journal")["requests"][-1]["fault"] == "Hang")
    busy = _stop(machine)

    assert idle < 3
    assert busy < 10
    return f"idle {idle:.1f} s, with a request that hangs {busy:.1f} s"


def _stop(machine: Machine) -> float:
    begun = time.monotonic()
    machine("systemctl", "stop", UNIT)
    assert machine.show(UNIT, "Result") == "success"
    return time.monotonic() - begun


def is_removed_and_leaves_what_people_own(machine: Machine) -> str:
    kept = machine("/src/deploy/systemd/uninstall.sh")
    there = ("test", "-e")
    left = [machine.run(*there, path).code for path in (CONFIG, "/var/lib/statusbridge/state.db")]
    gone = machine.run("systemctl", "cat", UNIT).code
    install(machine)
    machine("/src/deploy/systemd/uninstall.sh", "--purge")
    purged = machine("find", "/etc", "/opt", "/usr/local", "/var/lib", "-name", "*statusbridge*")

    assert (left, gone, purged) == ([0, 0], 1, "")
    return kept.strip()
