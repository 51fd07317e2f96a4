"""Compose file and Kubernetes manifests: against others' schemas, the image and the program."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from linters import linted
from pages import ROOT, text_of
from statusbridge.config.errors import ConfigError
from statusbridge.config.load import load, load_text
from statusbridge.config.values import Config, missing_secrets

COMPOSE = ROOT / "deploy" / "container" / "compose.yaml"
KUBERNETES = ROOT / "deploy" / "kubernetes"
KUSTOMIZATION = KUBERNETES / "kustomization.yaml"
CONFIG = KUBERNETES / "config.toml"
MANIFESTS = sorted(set(KUBERNETES.glob("*.yaml")) - {KUSTOMIZATION})
CONTAINERFILE = text_of(ROOT / "deploy" / "container" / "Containerfile")
ENVIRON = dict(re.findall(r"^(?:ENV|   ) (\w+)=(\S+)", CONTAINERFILE, re.MULTILINE))
DRAIN_SECONDS = 10
"""Within which the daemon ends after SIGTERM, by docs/operations.md."""


def document(path: Path) -> Any:
    return yaml.safe_load(text_of(path))


def the(instruction: str) -> str:
    """What the last *instruction* of the Containerfile says."""
    return re.findall(rf"^{instruction} (.*)$", CONTAINERFILE, re.MULTILINE)[-1]


def pod() -> Any:
    return document(KUBERNETES / "deployment.yaml")["spec"]["template"]["spec"]


def container() -> Any:
    (found,) = pod()["containers"]
    return found


def filled_in(text: str) -> str:
    """*text* of the ConfigMap with what only its user knows."""
    return text.replace("replace_me", "AC" + "0" * 32, 1).replace("replace_me", "01PAGE", 1)


def config(environ: dict[str, str] = ENVIRON) -> Config:
    return load_text(filled_in(text_of(CONFIG)), CONFIG, environ)


# Others' schemas


def test_the_compose_file_is_one_by_its_schema() -> None:
    assert linted("check-jsonschema", "--builtin-schema", "vendor.compose-spec", COMPOSE) == ""


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda path: path.stem)
def test_each_manifest_is_one_by_the_schema_of_kubernetes(manifest: Path) -> None:
    assert linted("kubernetes-validate", "--strict", manifest) == ""


def test_what_kustomize_makes_of_them_is_valid_and_in_one_namespace(tmp_path: Path) -> None:
    if (kubectl := shutil.which("kubectl")) is None:
        pytest.skip("no kubectl here, which has kustomize in it")
    made = subprocess.run(
        [kubectl, "kustomize", KUBERNETES], capture_output=True, check=True, timeout=60
    ).stdout
    (tmp_path / "made.yaml").write_bytes(made)

    documents = list(yaml.safe_load_all(made))

    namespaces = {one["metadata"].get("namespace", "itself") for one in documents}
    assert namespaces == {document(KUSTOMIZATION)["namespace"], "itself"}
    assert sorted(one["kind"] for one in documents) == sorted(
        ["ConfigMap", *(document(path)["kind"] for path in MANIFESTS)]
    )
    assert linted("kubernetes-validate", "--strict", tmp_path / "made.yaml") == ""


def test_every_manifest_is_applied() -> None:
    assert sorted(document(KUSTOMIZATION)["resources"]) == [path.name for path in MANIFESTS]


# The image


def test_compose_and_kubernetes_run_it_as_the_user_that_the_image_was_made_for() -> None:
    user = the("USER")
    security = pod()["securityContext"]
    uid, gid = user.split(":")

    assert document(COMPOSE)["services"]["statusbridge"]["user"] == user
    assert [security["runAsUser"], security["runAsGroup"]] == [int(uid), int(gid)]
    assert security["fsGroup"] == int(gid)
    assert f'-o {uid} -g {gid} "$root{the("VOLUME")}"' in text_of(
        ROOT / "deploy" / "container" / "assemble"
    )


def test_state_configuration_and_secrets_lie_where_the_image_looks_for_them() -> None:
    service = document(COMPOSE)["services"]["statusbridge"]
    mounts = {mount["name"]: mount["mountPath"] for mount in container()["volumeMounts"]}

    assert Path(ENVIRON["STATE_DIRECTORY"]).parent == Path(the("VOLUME"))
    assert service["volumes"][0] == f"state:{the('VOLUME')}"
    assert service["volumes"][1]["target"] == str(Path(ENVIRON["STATUSBRIDGE_CONFIG"]).parent)
    assert mounts == {
        "config": ENVIRON["STATUSBRIDGE_CONFIG"],
        "secrets": ENVIRON["CREDENTIALS_DIRECTORY"],
        "state": the("VOLUME"),
        "tmp": "/tmp",
    }


def test_the_state_is_not_in_the_volumes_own_folder_whose_rights_nobody_can_choose() -> None:
    assert config().store_path.parent.parent == Path(the("VOLUME"))


def test_all_ask_the_port_on_which_the_image_answers() -> None:
    listens = config().server.listen
    (port,) = container()["ports"]
    (service,) = document(KUBERNETES / "service.yaml")["spec"]["ports"]
    (published,) = document(COMPOSE)["services"]["statusbridge"]["ports"]
    template = document(KUBERNETES / "deployment.yaml")["spec"]["template"]
    (rule,) = document(KUBERNETES / "networkpolicy.yaml")["spec"]["ingress"]

    assert listens is not None
    assert {int(the("EXPOSE")), port["containerPort"], service["port"]} == {listens.port}
    assert published == f"127.0.0.1:{listens.port}:{listens.port}"
    assert template["metadata"]["annotations"]["prometheus.io/port"] == str(listens.port)
    assert [p["port"] for p in rule["ports"]] == [service["targetPort"]] == [port["name"]]


def test_probes_ask_for_life_and_not_whether_twilio_answers() -> None:
    probes = [container()[f"{name}Probe"] for name in ("startup", "liveness", "readiness")]

    assert [probe["httpGet"] for probe in probes] == [{"path": "/livez", "port": "http"}] * 3


def test_compose_asks_for_life_as_the_image_does() -> None:
    check = document(COMPOSE)["services"]["statusbridge"]["healthcheck"]
    said = the("HEALTHCHECK")

    assert check["test"] == ["CMD", *json.loads(said.partition("CMD ")[2])]
    options = {name.replace("_", "-"): value for name, value in check.items() if name != "test"}
    assert options == dict(re.findall(r"--(\S+)=(\S+)", said))


def test_nobody_kills_a_daemon_that_is_still_ending() -> None:
    compose = document(COMPOSE)["services"]["statusbridge"]["stop_grace_period"]

    assert int(compose.removesuffix("s")) > DRAIN_SECONDS
    assert pod()["terminationGracePeriodSeconds"] > DRAIN_SECONDS


def test_there_is_never_a_second_writer() -> None:
    spec = document(KUBERNETES / "deployment.yaml")["spec"]

    assert (spec["replicas"], spec["strategy"]) == (1, {"type": "Recreate"})


# The program


def test_every_secret_that_the_configuration_names_is_handed_over_and_no_other() -> None:
    named = {secret.name for secret in config().secrets}

    assert set(document(KUBERNETES / "secret.yaml")["stringData"]) == named
    assert set(document(COMPOSE)["secrets"]) == named
    assert set(document(COMPOSE)["services"]["statusbridge"]["secrets"]) == named


def test_placeholders_are_refused_by_the_program(tmp_path: Path) -> None:
    placeholders = document(KUBERNETES / "secret.yaml")["stringData"]
    for name, value in placeholders.items():
        (tmp_path / name).write_text(value)

    refused = missing_secrets(config(ENVIRON | {"CREDENTIALS_DIRECTORY": str(tmp_path)}))

    assert len(refused) == len(placeholders)
    assert all("holds a placeholder" in problem.what for problem in refused)
    with pytest.raises(ConfigError, match="account_sid"):
        load(CONFIG, ENVIRON)


def test_the_configuration_of_the_manifests_is_sound_and_publishes_nothing() -> None:
    found = config()

    assert found.warnings == ()
    assert [str(rule.stage) for rule in found.rules] == ["shadow"]
