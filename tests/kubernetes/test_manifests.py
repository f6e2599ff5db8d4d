"""The files for Kubernetes agree with the program: values with their schema, settings, metrics and the application."""

from __future__ import annotations

import ast
import json
import re
from typing import Any

import jsonschema
import pytest
import yaml

from app.settings import Settings
from scripts.metrics_table import make_registry
from tests.serving import ROOT

CHART = ROOT / "docker" / "helm" / "intone"
TEMPLATES = {file.name: file.read_text("utf-8") for file in sorted((CHART / "templates").iterdir())}
VALUES = yaml.safe_load((CHART / "values.yaml").read_text("utf-8"))
SCHEMA = json.loads((CHART / "values.schema.json").read_text("utf-8"))
RAY_SERVICE = (ROOT / "docker" / "kuberay" / "rayservice.yaml").read_text("utf-8")


def list_paths(values: dict[str, Any], schema: dict[str, Any]) -> set[str]:
    """Return the paths of all values that the schema describes one by one."""
    paths = set()
    for name, value in values.items():
        fields = schema["properties"][name]
        inner = list_paths(value, fields) if "properties" in fields else set()
        paths |= {name, *(f"{name}.{one}" for one in inner)}
    return paths


def test_default_values_satisfy_their_schema() -> None:
    jsonschema.Draft7Validator.check_schema(SCHEMA)
    jsonschema.validate(VALUES, SCHEMA)
    assert list_paths(VALUES, SCHEMA) | {"global"} >= set(SCHEMA["properties"])


@pytest.mark.parametrize(
    "wrong", [{"workers": 0}, {"replicas": 2}, {"settings": {"INTONE_API_KEYS": "a=b"}}, {"drainSeconds": "25"}]
)
def test_wrong_values_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate({**VALUES, **wrong}, SCHEMA)


def test_templates_use_every_value_and_no_other() -> None:
    used = {path for text in TEMPLATES.values() for path in re.findall(r"\.Values\.([\w.]+)", text)}
    scaling = {f"autoscaling.{name}" for name in re.findall(r" \.(\w+)", TEMPLATES["hpa.yaml"]) if name[0].islower()}
    paths = list_paths(VALUES, SCHEMA)
    assert used <= paths
    assert scaling - {f"autoscaling.{name}" for name in VALUES["autoscaling"]} == set()
    unused = {path for path in paths if not any(one == path or one.startswith(f"{path}.") for one in used | scaling)}
    assert unused == set()


@pytest.mark.parametrize("text", [TEMPLATES["deployment.yaml"], RAY_SERVICE])
def test_variables_are_settings(text: str) -> None:
    names = set(re.findall(r"name: INTONE_(\w+)", text))
    assert {"HOST", "WORKERS", "DRAIN_SECONDS"} <= names
    assert {name.lower() for name in names} <= set(Settings.model_fields)


def test_metric_of_the_autoscaler_is_exported() -> None:
    (metric,) = re.findall(r"name: (intone_\w+)", TEMPLATES["hpa.yaml"])
    assert metric in {one.name for one in make_registry().collect()}


def test_ray_service_names_the_application_and_its_arguments() -> None:
    config = yaml.safe_load(yaml.safe_load(RAY_SERVICE)["spec"]["serveConfigV2"])
    (application,) = config["applications"]
    module, _, name = application["import_path"].partition(":")
    tree = ast.parse((ROOT / (module.replace(".", "/") + ".py")).read_text("utf-8"))
    assert name in {one.name for one in tree.body if isinstance(one, ast.FunctionDef)}
    (size,) = [one for one in tree.body if isinstance(one, ast.ClassDef) and one.name == "Size"]
    fields = {one.target.id for one in size.body if isinstance(one, ast.AnnAssign) and isinstance(one.target, ast.Name)}
    assert set(application["args"]) <= fields


@pytest.mark.parametrize("group", ["headGroupSpec", "workerGroupSpecs"])
def test_pods_of_ray_are_unprivileged(group: str) -> None:
    found = yaml.safe_load(RAY_SERVICE)["spec"]["rayClusterConfig"][group]
    for one in found if isinstance(found, list) else [found]:
        pod = one["template"]["spec"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
        (container,) = pod["containers"]
        assert container["securityContext"] == {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}}
        assert {mount["name"] for mount in container["volumeMounts"]} == {one["name"] for one in pod["volumes"]}
