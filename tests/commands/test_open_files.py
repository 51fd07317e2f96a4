"""What the program says of files that lie open."""

from __future__ import annotations

from outside import Outside


async def test_run_warns_once_of_a_secret_that_others_may_read(outside: Outside) -> None:
    key = outside.folder / "key"
    key.write_text(outside.environ.pop("INCIDENT_API_KEY"))
    key.chmod(0o644)
    outside.config.write_text(
        outside.config.read_text().replace("[incidentio]", '[incidentio]\napi_key.file = "key"')
    )

    ended = await outside.here("run", "--once")

    (warning,) = (line for line in ended.err.splitlines() if "file.exposed" in line)
    assert "may be read by others (mode 0644); expected 0600" in warning
