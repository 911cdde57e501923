"""What Gatepost is made of is pinned, listed and free of secrets, and its unit asks for few rights."""

from __future__ import annotations

import json
import re
import subprocess
from configparser import ConfigParser
from pathlib import Path

import pytest
from flask.testing import FlaskCliRunner

from moderation.cli.sbom import bill
from moderation.passwords import NOBODY

ROOT = Path(__file__).parents[1]
SECRETS = {
    "a private key": r"-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----",
    "a cloud key": r"\b(?:AKIA|ASIA)[0-9A-Z]{16}\b",
    "a token of a code host": r"\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bglpat-[A-Za-z0-9_-]{20,}\b",
    "a token of a chat": r"\bxox[abprs]-[A-Za-z0-9-]{10,}\b",
    "a token of an API": r"\bsk-[A-Za-z0-9_-]{32,}\b",
    "a signed token": r"\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}",
    "a password in an address": r"\b(?:postgres\w*|redis|https?)(?:\+\w+)?://[^\s:/@'\"{}<>]+:[^\s:/@'\"{}<>]{3,}@",
    "a hash of a password": r"\$argon2id\$v=\d+\$m=\d+,t=\d+,p=\d+\$[A-Za-z0-9+/]{16,}\$[A-Za-z0-9+/]{20,}",
}
KEPT_OUT = re.compile(r"(^|/)(root\.key|.*\.pem|.*\.p12|id_rsa|\.env|.*\.sqlite3(-wal|-shm)?)$")


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=False)
    if listed.returncode:
        pytest.skip("this is no checkout")
    return [ROOT / name for name in listed.stdout.decode().split("\0") if name]


def test_no_secret_is_in_the_repository() -> None:
    found = []
    for path in tracked():
        if KEPT_OUT.search(str(path.relative_to(ROOT))):
            found.append(f"{path}: a file that is kept out")
        if not path.is_file() or path.name == Path(__file__).name:
            continue
        text = path.read_bytes().decode("utf-8", "ignore").replace(NOBODY, "")
        found += [f"{path}: {kind}" for kind, pattern in SECRETS.items() if re.search(pattern, text)]
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "-----BEGIN OPENSSH PRIVATE KEY-----",
        "AKIA" + "ABCDEFGHIJKLMNOP",
        "ghp_" + "a" * 36,
        "postgresql://gatepost:hunter22@db/gatepost",
        "$argon2id$v=19$m=65536,t=3,p=4$" + "c" * 22 + "$" + "d" * 43,
    ],
)
def test_a_planted_secret_would_be_seen(planted: str) -> None:
    assert any(re.search(pattern, planted) for pattern in SECRETS.values())


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_library_is_pinned_with_its_hashes(name: str) -> None:
    blocks = re.split(r"\n(?=\S)", (ROOT / name).read_text(encoding="utf-8"))
    pins = [block for block in blocks if re.match(r"[A-Za-z0-9]", block)]
    assert len(pins) > 20
    for block in pins:
        assert re.match(r"[A-Za-z0-9._-]+(\[[^\]]*\])?==\S+", block), block[:60]
        assert "--hash=sha256:" in block, block[:60]


def test_the_bill_of_materials_lists_what_is_pinned(runner: FlaskCliRunner) -> None:
    told = json.loads(runner.invoke(args=["sbom"]).output)
    assert (told["bomFormat"], told["specVersion"]) == ("CycloneDX", "1.6")
    pinned = re.findall(
        r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", (ROOT / "requirements.txt").read_text(), re.M
    )
    listed = {(each["name"], each["version"]) for each in told["components"]}
    assert listed == {(re.sub(r"[-_.]+", "-", name).lower(), version) for name, version in pinned}
    assert all(each["hashes"] for each in told["components"])
    flask = next(each for each in told["components"] if each["name"] == "flask")
    assert flask["purl"].startswith("pkg:pypi/flask@3")
    assert "BSD" in flask["licenses"][0]["license"]["name"]


def test_a_library_that_is_not_installed_is_listed_without_a_licence() -> None:
    listed = bill("nowhere-to-be-found==1.0 \\\n    --hash=sha256:" + "0" * 64 + "\n# a remark\n")[
        "components"
    ]
    assert [each["name"] for each in listed] == ["nowhere-to-be-found"]
    assert "licenses" not in listed[0]


def the_unit() -> ConfigParser:
    unit = ConfigParser(strict=False, interpolation=None)
    unit.optionxform = str  # type: ignore[assignment,method-assign]
    unit.read(ROOT / "deploy" / "gatepost.service")
    return unit


def test_the_unit_gives_away_the_rights_it_does_not_need() -> None:
    service = the_unit()["Service"]
    assert service["User"] not in {"", "root"}
    assert service["CapabilityBoundingSet"] == ""
    assert service["ProtectSystem"] == "strict"
    assert service["UMask"] == "0077"
    for name in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices", "RestrictNamespaces"):
        assert service[name] == "yes"
    assert "GATEPOST_INSTANCE=/var/lib/gatepost" in service["Environment"]


def test_commands_are_run_as_the_unit_runs_the_server() -> None:
    service = the_unit()["Service"]
    script = (ROOT / "deploy" / "gatepost").read_text()
    options = set(re.findall(r"--(\S+?)=(\S+)", script))
    assert ("uid", service["User"]) in options
    assert ("working-directory", service["WorkingDirectory"]) in options
    assert ("property", f"EnvironmentFile={service['EnvironmentFile']}") in options
    assert {("setenv", each) for each in service["Environment"].split()} <= options
    assert f'{service["ExecStart"].split()[0]} "$@"' in script
    assert "--description=" in script  # else the journal keeps the whole command


def test_whoever_builds_the_image_is_sent_what_it_holds_and_nothing_of_an_installation() -> None:
    steps = (ROOT / "deploy" / "Dockerfile").read_text().splitlines()
    copied = {name for step in steps if step.startswith("COPY ") for name in step.split()[1:-1]}
    rules = (ROOT / ".dockerignore").read_text().splitlines()
    assert next(rule for rule in rules if not rule.startswith("#")) == "*"
    assert copied == {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert {"models", "moderation", "templates", "wsgi.py"} <= copied
