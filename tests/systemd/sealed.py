"""The sealed service in the machine: what stands for both APIs speaks TLS under their names."""

from __future__ import annotations

import re

import trustme

from systemd.machine import Machine, until
from systemd.scenes import (
    CONFIG,
    CONFIGURATION,
    PAGE,
    TWILIO,
    UNIT,
    install,
    posts,
    rain,
    start_simulators,
    status_line,
    wedge,
    write_secrets,
)

SEALED = re.sub(r"^base_url .*\n", "", CONFIGURATION, flags=re.MULTILINE)
"""The same, for the real names of both APIs."""
HOSTS = {"monitor.twilio.com": ("127.0.0.2", TWILIO), "api.incident.io": ("127.0.0.3", PAGE)}
ROOTS = "/etc/statusbridge/roots.pem"
TRUSTING = f"[Service]\nEnvironment=SSL_CERT_FILE={ROOTS}\n"

READ_ONLY = (
    "/",
    "/etc",
    "/etc/statusbridge",
    "/opt/statusbridge",
    "/run/statusbridge-egress",
    "/usr/lib",
)
WRITABLE = ("/dev/shm", "/run", "/run/statusbridge", "/tmp", "/var/lib/statusbridge", "/var/tmp")
BREAK_OUT = """
import os, shutil, subprocess, sys
copy = sys.argv[1] + "/kill"
shutil.copy("/usr/bin/kill", copy)
try:
    subprocess.run([copy, "-l"], check=True)
finally:
    os.unlink(copy)
"""
CONNECT = "import socket, sys; socket.create_connection(('127.0.0.1', int(sys.argv[1])))"


def stand_in(machine: Machine, named: dict[str, str]) -> None:
    """Let each host be a simulator behind TLS, with a certificate for what it is *named*."""
    authority = trustme.CA()
    machine.write(ROOTS, authority.cert_pem.bytes().decode())
    names = "".join(f"{address} {host}\n" for host, (address, _) in HOSTS.items())
    machine.write("/etc/hosts", f"127.0.0.1 localhost\n{names}")
    for host, (address, port) in HOSTS.items():
        machine.run("systemctl", "stop", f"front-{host}")
        issued = authority.issue_cert(named.get(host, host)).private_key_and_cert_chain_pem
        machine.write(f"/root/{host}.pem", issued.bytes().decode(), mode="0600")
        front = ("python3", "/src/tests/systemd/front.py", address, f"/root/{host}.pem", str(port))
        machine("systemd-run", "--quiet", "--collect", f"--unit=front-{host}", *front)


def is_ready(machine: Machine) -> bool:
    return status_line(machine).startswith("Ready")


def reaches_its_two_hosts_by_their_sockets(machine: Machine) -> str:
    install(machine, "--sealed")
    machine.write(CONFIG, SEALED)
    write_secrets(machine)
    machine.write(f"/etc/systemd/system/{UNIT}.d/trust.conf", TRUSTING)
    machine("systemctl", "daemon-reload")
    start_simulators(machine)
    stand_in(machine, named={})
    machine("systemctl", "enable", "--now", UNIT)
    until(lambda: is_ready(machine))
    rain(machine, 10)
    until(lambda: posts(machine) == ["Some text messages are failing."])

    assert machine("systemd-analyze", "verify", UNIT) == ""
    assert machine("systemctl", "is-enabled", UNIT).strip() == "enabled"
    return status_line(machine)


def finds_nothing_else_in_its_room(machine: Machine) -> str:
    pid = machine.show(UNIT, "MainPID")
    root = machine("ls", f"/proc/{pid}/root/").split()
    programs = machine("ls", f"/proc/{pid}/root/usr/bin").split()
    networks = machine("cat", f"/proc/{pid}/net/dev").splitlines()[2:]
    enter = ("nsenter", "-t", pid, "-m", "-r", "-w", "/usr/bin/python3", "-c", BREAK_OUT)

    assert programs == ["kill", "python3"]
    assert [line.split(":")[0].strip() for line in networks] == ["lo"]
    for folder in READ_ONLY:
        assert "Read-only" in machine.run(*enter, folder).text, folder
    for folder in WRITABLE:
        assert "PermissionError" in machine.run(*enter, folder).text, folder
    return f"folders: {' '.join(root)}; programs: {' '.join(programs)}; network: lo"


def answers_over_http_only_while_it_runs(machine: Machine) -> str:
    alive = machine.fetch(9464, "/livez")
    machine("systemctl", "stop", UNIT)
    refused = machine.run("python3", "-c", CONNECT, "9464")
    stopped = machine.show(UNIT, "ActiveState")
    machine("systemctl", "start", UNIT)
    until(lambda: is_ready(machine))

    assert (alive.strip(), refused.code, stopped) == ("ok", 1, "inactive")
    return "/livez: ok; stopped, it is not started by who asks"


def trusts_no_other_name_behind_a_socket(machine: Machine) -> str:
    stand_in(machine, named={"monitor.twilio.com": "www.twilio.com"})
    machine("systemctl", "restart", UNIT)
    line: str = until(lambda: "certificate" in status_line(machine) and status_line(machine))
    stand_in(machine, named={})
    machine("systemctl", "restart", UNIT)
    until(lambda: is_ready(machine))

    assert "certificate is not valid for 'monitor.twilio.com'" in line
    return line


def reloads_and_is_ended_when_wedged_as_before(machine: Machine) -> str:
    machine.write(CONFIG, SEALED + "[[rules]]\nidd = 1\n")
    refused = machine.run("systemctl", "reload", UNIT)
    machine.write(CONFIG, SEALED)
    machine("systemctl", "reload", UNIT)
    took = wedge(machine)

    assert refused.code == 1
    assert posts(machine) == ["Some text messages are failing."]
    return f"ready again {took:.1f} s after it was stopped, 1 post as before"


def goes_on_with_its_state_when_unsealed(machine: Machine) -> str:
    running = machine.run("/src/deploy/systemd/install.sh", "--unsealed")
    machine("systemctl", "stop", UNIT)
    install(machine, "--unsealed")
    machine.write(CONFIG, CONFIGURATION)
    machine("systemctl", "start", UNIT)
    until(lambda: is_ready(machine))
    line = status_line(machine)
    machine("/src/deploy/systemd/uninstall.sh", "--purge")

    assert (running.code, "Try: systemctl stop statusbridge" in running.text) == (1, True)
    assert posts(machine) == ["Some text messages are failing."]
    assert machine("find", "/etc", "/usr/local", "-name", "*statusbridge*") == ""
    assert machine("find", "/run", "-maxdepth", "1", "-name", "*statusbridge*") == ""
    return line
