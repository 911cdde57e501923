"""The learned arrays as bytes: a zip of plain arrays without dates, so that equal arrays are equal bytes.

Whatever comes back in is checked before it is believed: members, sizes, types, shapes, ranges, feature map.
"""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import dataclass, field, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from moderation.spam.features import COLUMNS, MAP_VERSION, WIDTHS
from moderation.spam.kept import BadRow, Kept
from moderation.vocabulary import Thresholds

LARGEST = 5_000_000
_NUMBERS = ("map_version", "bias", "step", "prior", "hold", "spam", "anchors", "anchor_n_grams")
_ARRAYS = ("weights", "anchor_lengths", "anchor_steps", "anchor_signals", "anchor_is_spam")
_MOST_ANCHORS, _MOST_N_GRAMS = 10_000, 20_000_000
MOST_LOG_ODDS = 1000.0
"""What one feature or the bias may say; what was learned stays far below, and a sum of such is still a number."""

_EPOCH = (1980, 1, 1, 0, 0, 0)


class BadArtefact(Exception):
    """An artefact that is torn, corrupt, foreign or hostile; the message says what is wrong with it."""


@dataclass(frozen=True, slots=True)
class Anchors:
    """Examples that were learned from, without their words: what learns on top replays them, so as not to forget.

    Attributes
    ----------
    kept
        The rows.
    is_spam
        Whether each is spam, shape (rows,).
    """

    kept: Kept
    is_spam: NDArray[np.bool_]

    @classmethod
    def none(cls) -> Self:
        """No anchors."""
        return cls(Kept.of([]), np.empty(0, dtype=bool))

    def __len__(self) -> int:
        return len(self.is_spam)


@dataclass(frozen=True, slots=True)
class Learned:
    """What training leaves behind.

    Attributes
    ----------
    weights
        One whole number per column, shape (COLUMNS,), to be multiplied by `step`: what a value of 1 there adds to
        the log-odds.
    step
        Size of one unit of `weights`, in log-odds.
    bias
        Log-odds of a comment without any feature, at equal odds of spam and ham.
    prior
        P(spam) to assume where a site knows no better, 0…1.
    thresholds
        P(spam) at that prior from which to hold, and from which to call it spam.
    anchors
        What learns on top of this replays.
    identity
        Its hash, where that is known; of what was put aside of it (see `light`), the hash of the whole.
    """

    weights: NDArray[np.int16]
    step: float
    bias: float
    prior: float
    thresholds: Thresholds
    anchors: Anchors = field(default_factory=Anchors.none)
    identity: str = field(default="", compare=False)

    @property
    def light(self) -> Learned:
        """What scores, without the anchors, which take four fifths of the memory."""
        return replace(self, anchors=Anchors.none(), identity=self.sha256)

    @property
    def sha256(self) -> str:
        """Hexadecimal hash over all arrays: the identity of what was learned."""
        if self.identity:
            return self.identity
        digest = hashlib.sha256()
        for name, values in _arrays(self).items():
            digest.update(name.encode() + b"\0" + values.tobytes())
        return digest.hexdigest()


def to_bytes(learned: Learned) -> bytes:
    """The artefact: equal arrays give equal bytes."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, values in _arrays(learned).items():
            member = io.BytesIO()
            np.lib.format.write_array(member, values, version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue())
    return file.getvalue()


def from_bytes(artefact: bytes) -> Learned:
    """Read an artefact back; raises `BadArtefact` with the cause."""
    if len(artefact) > LARGEST:
        raise BadArtefact(f"The artefact has {len(artefact)} bytes; more than {LARGEST} are never read.")
    try:
        with zipfile.ZipFile(io.BytesIO(artefact)) as archive:
            return _checked(archive)
    except BadArtefact:
        raise
    except Exception as error:  # whatever a hostile zip or array makes the libraries say
        raise BadArtefact(f"The artefact cannot be read: {type(error).__name__}: {error}") from error


def _arrays(learned: Learned) -> dict[str, NDArray[Any]]:
    numbers = {
        "map_version": float(MAP_VERSION),
        "bias": learned.bias,
        "step": learned.step,
        "prior": learned.prior,
        "hold": learned.thresholds.hold,
        "spam": learned.thresholds.spam,
        "anchors": float(len(learned.anchors)),
        "anchor_n_grams": float(len(learned.anchors.kept.steps)),
    }
    kept = learned.anchors.kept
    return {name: np.array([value], dtype="<f8") for name, value in numbers.items()} | {
        "weights": learned.weights.astype("<i2"),
        "anchor_lengths": kept.lengths.astype("<u4"),
        "anchor_steps": kept.steps.astype("<u4"),
        "anchor_signals": kept.signals,
        "anchor_is_spam": learned.anchors.is_spam.astype("u1"),
    }


def _checked(archive: zipfile.ZipFile) -> Learned:
    names = sorted(archive.namelist())
    if names != sorted(f"{name}.npy" for name in (*_ARRAYS, *_NUMBERS)):
        raise BadArtefact(f"The artefact is not one of ours: it holds {', '.join(names)[:200] or 'nothing'}.")
    numbers = {name: float(_member(archive, name, (1,), "<f8")[0]) for name in _NUMBERS}
    if numbers["map_version"] != MAP_VERSION:
        raise BadArtefact(
            f"The artefact was trained for feature map {numbers['map_version']:g}, this is map {MAP_VERSION}:"
            " train it anew."
        )
    if not all(np.isfinite(list(numbers.values()))) or not 0 < numbers["prior"] < 1:
        raise BadArtefact("The artefact holds a number that is none, or a prior that is no probability.")
    if not 0 < numbers["hold"] <= numbers["spam"] <= 1 or numbers["step"] <= 0:
        raise BadArtefact("The artefact's thresholds are not in order: 0 < hold ≤ spam ≤ 1.")
    if abs(numbers["bias"]) > MOST_LOG_ODDS or numbers["step"] * np.iinfo(np.int16).max > MOST_LOG_ODDS:
        raise BadArtefact(
            f"The artefact's weights reach beyond {MOST_LOG_ODDS:g} log-odds: nobody learns such."
        )
    weights = _member(archive, "weights", (COLUMNS,), "<i2")
    thresholds = Thresholds(numbers["hold"], numbers["spam"])
    anchors = _anchors(archive, numbers["anchors"], numbers["anchor_n_grams"])
    return Learned(weights, numbers["step"], numbers["bias"], numbers["prior"], thresholds, anchors)


def _anchors(archive: zipfile.ZipFile, count: float, n_grams: float) -> Anchors:
    if not (0 <= count <= _MOST_ANCHORS and 0 <= n_grams <= _MOST_N_GRAMS and count % 1 == n_grams % 1 == 0):
        raise BadArtefact("The artefact's anchors are too many, or their number is none.")
    rows, total = int(count), int(n_grams)
    kept = Kept(
        _member(archive, "anchor_lengths", (rows,), "<u4").astype(np.uint32),
        _member(archive, "anchor_steps", (total,), "<u4").astype(np.uint32),
        _member(archive, "anchor_signals", (rows, WIDTHS[-1]), "|u1"),
    )
    try:
        kept.check()
    except BadRow as error:
        raise BadArtefact(f"The artefact's anchors are wrong: {error}.") from error
    return Anchors(kept, _member(archive, "anchor_is_spam", (rows,), "|u1") == 1)


def _member(archive: zipfile.ZipFile, name: str, shape: tuple[int, ...], kind: str) -> NDArray[Any]:
    dtype = np.dtype(kind)
    expected = int(np.prod(shape)) * dtype.itemsize
    with archive.open(f"{name}.npy") as packed:
        content = packed.read(expected + 4096)
    member = io.BytesIO(content)
    if np.lib.format.read_magic(member) != (1, 0):
        raise BadArtefact(f"The array {name} is written in a format that is not ours.")
    found = np.lib.format.read_array_header_1_0(member)
    if found != (shape, False, dtype):
        raise BadArtefact(
            f"The array {name} is {found[2]} of shape {found[0]}; {kind} of shape {shape} is needed."
        )
    body = content[member.tell() :]
    if len(body) != expected:
        raise BadArtefact(f"The array {name} is torn: {len(body)} bytes where {expected} are needed.")
    return np.frombuffer(body, dtype=dtype).reshape(shape)
