"""A run on Kubernetes as far as it goes without a cluster: the launcher's own Job, as the API would get it, and its command run here. Not for manifests."""

import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps, loads
from pathlib import Path
from typing import Any

import dagster as dg
import kubernetes
import pytest
import yaml
from dagster._core.code_pointer import ModuleCodePointer
from dagster._core.launcher import LaunchRunContext
from dagster._core.origin import JobPythonOrigin, RepositoryPythonOrigin
from team import DEPLOY, PASSWORD, home_of, url_of
from worlds import rows

from pipelines.definitions import defs
from pipelines.runner import run_config
from pipelines.settings import ROOT, Settings

pytestmark = pytest.mark.slow
CLOCK = dg.AssetKey(["raw", "clock_day"])
PATH = re.compile(r"/(?:api/v1|apis/(?P<group>[\w.]+)/v1)/namespaces/rotation/(?P<kind>\w+)(?:/(?P<name>[\w-]+))?(?:/(?P<sub>\w+))?$")


@dataclass
class Cluster:
    """Kubernetes' API on loopback for the calls of a launcher: keeps Jobs, and notes what right each call needs."""

    jobs: dict[str, dict[str, Any]] = field(default_factory=dict)
    needed: set[tuple[str, str, str]] = field(default_factory=set)
    status: dict[str, int] = field(default_factory=lambda: {"active": 1})

    def answer(self, method: str, path: str, body: dict[str, Any] | None) -> dict[str, Any]:
        found = PATH.match(path.split("?")[0])
        assert found, path
        group, kind, name, sub = (found.group(g) or "" for g in ("group", "kind", "name", "sub"))
        verb = {"POST": "create", "DELETE": "delete", "GET": "get" if name else "list"}[method]
        self.needed.add((group, f"{kind}/{sub}" if sub else kind, verb))
        if body and verb == "create":
            self.jobs[body["metadata"]["name"]] = body
            return body
        if verb == "list":
            return {"kind": "List", "apiVersion": "v1", "metadata": {}, "items": []}
        return {**self.jobs[name], "status": self.status}


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    it = Cluster()

    class Handler(BaseHTTPRequestHandler):
        def handle_it(self) -> None:
            given = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            said = dumps(it.answer(self.command, self.path, loads(given) if given else None)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = do_DELETE = handle_it  # noqa: N815 # the library's names

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()

    def load() -> None:
        configuration = kubernetes.client.Configuration()
        configuration.host = f"http://127.0.0.1:{server.server_port}"
        kubernetes.client.Configuration.set_default(configuration)

    monkeypatch.setattr("kubernetes.config.load_incluster_config", load)
    yield it
    kubernetes.client.Configuration.set_default(None)
    server.shutdown()


def test_a_run_is_a_job_with_the_claim_and_no_rights_and_its_command_does_the_run(
    cluster: Cluster, postgres: str, warehouse: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DAGSTER_POSTGRES_URL", url_of(postgres))
    home = home_of("kubernetes", tmp_path / "home")
    repository = RepositoryPythonOrigin(
        executable_path=sys.executable, code_pointer=ModuleCodePointer("pipelines.definitions", "defs"), container_image="rotation:local"
    )
    with dg.DagsterInstance.from_config(str(home)) as instance:
        run = instance.create_run_for_job(
            defs.resolve_job_def("rotation").get_subset(asset_selection={CLOCK}),
            run_config=run_config("sample"),
            asset_selection=frozenset({CLOCK}),
            job_code_origin=JobPythonOrigin("rotation", repository),
        )
        instance.run_launcher.launch_run(LaunchRunContext(run, workspace=None))
        health = [instance.run_launcher.check_run_worker_health(run)]
        cluster.status = {"failed": 1}
        health.append(instance.run_launcher.check_run_worker_health(run))
        [(name, job)] = cluster.jobs.items()
        pod = job["spec"]["template"]["spec"]
        [container] = pod["containers"]

        assert (container["image"], container["imagePullPolicy"]) == ("rotation:local", "IfNotPresent")
        claims = {v["name"]: v["persistentVolumeClaim"]["claimName"] for v in pod["volumes"] if "persistentVolumeClaim" in v}
        assert claims == {"warehouse": "rotation-warehouse"}
        mounted = {m["mountPath"]: (m["name"], m.get("subPath")) for m in container["volumeMounts"]}
        assert mounted["/data"] == ("warehouse", "warehouse")
        assert mounted["/var/lib/dagster"] == ("warehouse", "dagster")
        maps = {v["name"]: v["configMap"]["name"] for v in pod["volumes"] if "configMap" in v}
        assert maps[mounted["/opt/dagster"][0]] == "rotation-instance"
        assert (pod["serviceAccountName"], pod["automountServiceAccountToken"], pod["restartPolicy"]) == ("rotation-run", False, "Never")
        assert (pod["securityContext"]["runAsNonRoot"], container["securityContext"]["capabilities"]) == (True, {"drop": ["ALL"]})
        assert pod["affinity"]["podAffinity"]["requiredDuringSchedulingIgnoredDuringExecution"]
        assert container["envFrom"] == [{"secretRef": {"name": "rotation"}}]
        given = {e["name"]: e["value"] for e in container["env"] if "value" in e}
        assert (given["DAGSTER_HOME"], given["ROTATION_MEMORY_LIMIT"]) == ("/opt/dagster", "5GB")
        assert container["resources"]["limits"] == {"memory": "8Gi"}
        assert PASSWORD not in dumps(job)
        assert [h.status.name for h in health] == ["RUNNING", "FAILED"]
        assert name == f"dagster-run-{run.run_id}"

        # what the pod would do, here: without a cluster's token it finds all it needs
        assert container["args"][1:5] == ["-m", "dagster", "api", "execute_run"]
        done = subprocess.run(
            container["args"],
            cwd=ROOT,
            env=os.environ | {"DAGSTER_HOME": str(home)},
            capture_output=True,
            text=True,
            check=False,
            timeout=240,
        )
        assert done.returncode == 0, done.stderr[-3000:]
        ended = instance.get_run_by_id(run.run_id)
        assert ended is not None
        assert ended.status is dg.DagsterRunStatus.SUCCESS
        assert rows(warehouse.work_file("sample"), "select run_id, source_mode from raw.clock_day") == [(run.run_id, "sample")]

        instance.run_launcher.get_run_worker_debug_info(run)
        again = instance.create_run_for_job(defs.resolve_job_def("rotation"), job_code_origin=JobPythonOrigin("rotation", repository))
        instance.run_launcher.launch_run(LaunchRunContext(again, workspace=None))
        assert instance.run_launcher.terminate(again.run_id)
    role = next(m for m in yaml.safe_load_all((DEPLOY / "kubernetes" / "rights.yaml").read_text(encoding="utf-8")) if m["kind"] == "Role")
    allowed = {(g, r, v) for rule in role["rules"] for g in rule["apiGroups"] for r in rule["resources"] for v in rule["verbs"]}
    assert ("batch", "jobs", "create") in cluster.needed
    assert ("batch", "jobs", "delete") in cluster.needed
    assert cluster.needed - allowed == set()
