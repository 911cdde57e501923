"""`flask sbom`: what Gatepost is made of, as a CycloneDX bill of materials."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import Any

import click

from moderation import __version__

PINNED = Path(__file__).parents[2] / "requirements.txt"
_PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@click.command()
def sbom() -> None:
    """Print the bill of materials (CycloneDX 1.6, JSON): every pinned library with its version, licence and hashes.

    Made from requirements.txt, which is what `make run` installs, and from what the installed libraries say.
    """
    click.echo(json.dumps(bill(PINNED.read_text(encoding="utf-8")), indent=2))


def bill(requirements: str) -> dict[str, Any]:
    """The bill for these pinned requirements."""
    return {
        "$schema": "http://cyclonedx.org/schema/bom-1.6.schema.json",
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "name": "gatepost",
                "version": __version__,
                "bom-ref": "gatepost",
            }
        },
        "components": list(_components(requirements)),
    }


def _components(requirements: str) -> Iterator[dict[str, Any]]:
    for block in re.split(r"\n(?=\S)", requirements):
        pin = _PIN.match(block)
        if pin is None:
            continue
        name, version = re.sub(r"[-_.]+", "-", pin[1]).lower(), pin[2]
        purl = f"pkg:pypi/{name}@{version}"
        component: dict[str, Any] = {
            "type": "library",
            "name": name,
            "version": version,
            "purl": purl,
            "bom-ref": purl,
            "hashes": [{"alg": "SHA-256", "content": digest} for digest in _HASH.findall(block)],
        }
        if licence := _licence(name):
            component["licenses"] = [{"license": {"name": licence}}]
        yield component


def _licence(name: str) -> str:
    """What the installed library says of its licence, "" where it is not installed or does not say."""
    try:
        told = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return ""
    said = next((told[field] for field in ("License-Expression", "License") if field in told), "")
    return said.splitlines()[0][:80] if said else ""
