"""Helm renders the chart without a finding, and Kubernetes' schemas accept its objects (scripts/check-kubernetes)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from tests.serving import ROOT

helm = pytest.importorskip("helm_python.chart")
errors = pytest.importorskip("helm_python.errors")
kubernetes_validate = pytest.importorskip("kubernetes_validate")

CHART = ROOT / "docker" / "helm" / "intone"
RAY_SERVICE = yaml.safe_load((ROOT / "docker" / "kuberay" / "rayservice.yaml").read_text("utf-8"))
VERSIONS = ("1.27", "1.33", "1.37")
VARIANTS: dict[str, dict[str, Any]] = {
    "keys": {"keysSecret": "keys"},
    "fixed": {"allowAnonymous": True, "autoscaling": {"enabled": False}, "networkPolicy": {"enabled": False}},
    "all": {
        "keysSecret": "keys",
        "image": {"repository": "registry.example.org/intone", "tag": "1", "pullSecrets": ["pull"]},
        "settings": {"INTONE_CACHE_MB": "512"},
        "voicesClaim": "voices",
        "autoscaling": {"utterancesWaiting": 4},
        "serviceMonitor": {"enabled": True, "labels": {"release": "prometheus"}},
        "nodeSelector": {"kubernetes.io/arch": "arm64"},
        "tolerations": [{"key": "speech", "operator": "Exists"}],
    },
}
KINDS = {"Deployment", "Service", "PodDisruptionBudget"}
SCALED = KINDS | {"HorizontalPodAutoscaler", "NetworkPolicy"}


def render(values: dict[str, Any]) -> dict[str, Any]:
    """Return the objects of a release by their kind."""
    rendered = helm.Chart.load(str(CHART)).render(values, name="speech", namespace="default").values()
    return {one["kind"]: one for text in rendered for one in yaml.safe_load_all(text) if one}


def find_pods() -> Iterator[dict[str, Any]]:
    """Yield the pods of the Ray cluster."""
    cluster = RAY_SERVICE["spec"]["rayClusterConfig"]
    for group in (cluster["headGroupSpec"], *cluster["workerGroupSpecs"]):
        yield {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one"}, **group["template"]}


@pytest.mark.parametrize("variant", VARIANTS)
def test_linter_finds_nothing(variant: str) -> None:
    report = helm.lint(str(CHART), VARIANTS[variant], strict=True)
    assert report["errors"] in (None, [])
    assert [one for one in report["messages"] or () if one["severity"] > 1] == []


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("variant", VARIANTS)
def test_objects_satisfy_the_schemas(variant: str, version: str) -> None:
    objects = render(VARIANTS[variant])
    expected = {"keys": SCALED, "fixed": KINDS, "all": SCALED | {"ServiceMonitor"}}
    assert objects.keys() == expected[variant]
    objects.pop("ServiceMonitor", None)  # of the Prometheus Operator
    for one in objects.values():
        kubernetes_validate.validate(one, version, strict=True)


@pytest.mark.parametrize("version", VERSIONS)
def test_pods_of_ray_satisfy_the_schemas(version: str) -> None:
    for pod in find_pods():
        kubernetes_validate.validate(pod, version, strict=True)


def test_pod_is_unprivileged_and_ends_after_its_responses() -> None:
    pod = render(VARIANTS["all"])["Deployment"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["securityContext"]["runAsNonRoot"] and not pod["automountServiceAccountToken"]
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "readOnlyRootFilesystem": True,
    }
    variables = {one["name"]: one.get("value") for one in container["env"]}
    assert pod["terminationGracePeriodSeconds"] == int(variables["INTONE_DRAIN_SECONDS"]) + 15
    assert variables["INTONE_CACHE_MB"] == "512"
    assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}


def test_chart_without_keys_is_refused() -> None:
    with pytest.raises(errors.HelmError, match="keysSecret"):
        render({})
