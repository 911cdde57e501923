"""An artefact is believed only when everything about it is as it should be."""

import io
import json
import pickle
import zipfile
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

from moderation.spam import BadArtefact, Classifier, artefact, base, base_bytes


def repacked(change):
    """The shipped artefact with its members changed."""
    with zipfile.ZipFile(io.BytesIO(base_bytes())) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return file.getvalue()


def saved(array, **options):
    file = io.BytesIO()
    np.save(file, array, **options)
    return file.getvalue()


def test_the_shipped_artefact_reads_back_to_the_same_bytes():
    assert artefact.to_bytes(artefact.from_bytes(base_bytes())) == base_bytes()
    assert len(base_bytes()) <= artefact.LARGEST


def test_the_card_tells_of_this_artefact():
    card = json.loads(resources.files("moderation.spam").joinpath("base.json").read_text())
    learned = artefact.from_bytes(base_bytes())
    assert card["sha256"] == learned.sha256
    assert card["version"] == base().version
    assert card["thresholds"] == {"hold": learned.thresholds.hold, "spam": learned.thresholds.spam}
    assert card["prior"] == learned.prior


@pytest.mark.parametrize("cut", [0, 1, 100, 5000, -1])
def test_a_torn_artefact_is_refused(cut):
    with pytest.raises(BadArtefact):
        Classifier.from_bytes(base_bytes()[:cut])


def test_a_corrupt_artefact_is_refused():
    content = bytearray(base_bytes())
    content[len(content) // 2] ^= 0xFF
    with pytest.raises(BadArtefact):
        Classifier.from_bytes(bytes(content))


@pytest.mark.parametrize(
    ("member", "content", "cause"),
    [
        ("map_version.npy", saved(np.array([99.0])), "feature map 99"),
        ("weights.npy", saved(np.zeros(5, dtype="<i2")), "of shape"),
        ("weights.npy", saved(np.zeros(5)), "is float64"),
        ("weights.npy", pickle.dumps({"eve": "was here"}), "cannot be read"),
        ("prior.npy", saved(np.array([1.5])), "prior"),
        ("bias.npy", saved(np.array([np.nan])), "number"),
        ("hold.npy", saved(np.array([1.0])), "in order"),
        ("step.npy", saved(np.array([object()], dtype=object), allow_pickle=True), "is object"),
        ("eve.npy", b"", "not one of ours"),
        ("weights.npy", b"\0" * 50_000_000, "cannot be read"),
    ],
)
def test_a_foreign_or_hostile_artefact_is_refused(member, content, cause):
    with pytest.raises(BadArtefact, match=cause):
        Classifier.from_bytes(repacked(lambda members: members.update({member: content})))


def test_a_huge_artefact_is_not_even_opened():
    with pytest.raises(BadArtefact, match="never read"):
        Classifier.from_bytes(b"\0" * (artefact.LARGEST + 1))


def test_other_weights_have_another_name():
    learned = artefact.from_bytes(base_bytes())
    other = replace(learned, bias=learned.bias + 1)
    assert other.sha256 != learned.sha256
