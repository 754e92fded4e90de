"""Objects that Helm installs only at one moment: which there are, and when."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import chartgen
from tests import engine

ROOT = Path(__file__).parent.parent


def jobs(values: dict[str, Any] | Path, folder: Path, **options: Any) -> dict[str, dict[str, Any]]:
    """Every Job that the real engine renders, by its name without the release's."""
    chart = chartgen.compile(values)
    found = engine.objects(chart.write(folder), release="r", **options)
    return {
        one["metadata"]["name"].removeprefix("r-").removeprefix("consul-"): one
        for one in found
        if one["kind"] == "Job"
    }


def moments(job: dict[str, Any]) -> set[str]:
    return {one.strip() for one in job["metadata"]["annotations"]["helm.sh/hook"].split(",")}


def test_node_of_catalog_sync_goes_when_sync_does(tmp_path: Path) -> None:
    values = {"syncCatalog": {"cleanupNodeOnRemoval": True, "enabled": False}}
    installed, upgraded = (jobs(values, tmp_path / str(on), upgrade=on) for on in (False, True))
    assert moments(installed["sync-catalog-cleanup-on-uninstall"]) == {"pre-delete"}
    assert set(upgraded) - set(installed) == {"sync-catalog-cleanup-on-upgrade"}
    assert moments(upgraded["sync-catalog-cleanup-on-upgrade"]) == {"pre-upgrade"}


def test_node_of_catalog_sync_stays_over_an_upgrade(tmp_path: Path) -> None:
    values = {"syncCatalog": {"cleanupNodeOnRemoval": True, "enabled": True}}
    assert "sync-catalog-cleanup-on-upgrade" not in jobs(values, tmp_path / "chart", upgrade=True)


def test_partition_is_made_before_anything_uses_it(tmp_path: Path) -> None:
    found = jobs(ROOT / "examples" / "admin-partition.yaml", tmp_path / "chart")
    assert moments(found["partition-init"]) == {"pre-install"}
    container = found["partition-init"]["spec"]["template"]["spec"]["containers"][0]
    env = {one["name"]: one for one in container["env"]}
    assert env["CONSUL_PARTITION"]["value"] == "team-1"
    token = env["CONSUL_ACL_TOKEN"]["valueFrom"]["secretKeyRef"]
    assert token == {"name": "consul-partitions-acl-token", "key": "token"}


def test_default_partition_needs_no_job(tmp_path: Path) -> None:
    values = {
        "global": {"enableConsulNamespaces": True, "adminPartitions": {"enabled": True}},
        "server": {"enabled": False},
        "externalServers": {"enabled": True, "hosts": ["consul.example.com"]},
    }
    chart = chartgen.compile(values)
    found = {(one["kind"], one["metadata"]["name"]): one for _, one in chart.objects("r")}
    assert ("Job", "r-consul-partition-init") not in found
    assert found["ConfigMap", "r-consul-partition"]["data"] == {"partitionName": "default"}


def test_licence_is_applied_only_where_servers_do_not_load_it(tmp_path: Path) -> None:
    license = {"secretName": "license", "secretKey": "key"}
    loaded = jobs({"global": {"enterpriseLicense": license}}, tmp_path / "loaded")
    applied = jobs(
        {"global": {"enterpriseLicense": {**license, "enableLicenseAutoload": False}}}, tmp_path / "applied"
    )
    assert set(applied) - set(loaded) == {"enterprise-license"}


def test_manifests_are_saved_before_an_upgrade_and_applied_after(tmp_path: Path) -> None:
    found = jobs({"global": {"generateManifests": True}}, tmp_path / "chart")
    saving, applying = found["generate-manifests"], found["apply-manifests-in-pvc"]
    assert (moments(saving), moments(applying)) == ({"pre-upgrade"}, {"post-upgrade"})
    claims = {
        volume["persistentVolumeClaim"]["claimName"]
        for job in (saving, applying)
        for volume in job["spec"]["template"]["spec"]["volumes"]
    }
    assert claims == {"r-consul-gatewayapi-pvc"}
