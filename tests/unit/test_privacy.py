"""The vault and its keys: what is sealed opens in its own row alone, and a poor key stops the start."""

from __future__ import annotations

import os
import random
import re
import secrets
import stat
from base64 import b64encode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation import privacy
from moderation.errors import Misconfigured
from moderation.privacy import (
    MASK,
    UNKNOWN_NETWORK,
    RootKeys,
    SealBroken,
    Sealed,
    Vault,
    holds_own,
    mask_own,
    network_of,
)

OLD, NEW = (b64encode(bytes.fromhex(key)).decode() for key in (
    "8f1d5c03b7e94a26d0c81f7e3b95a46217fd0be8c3395a7e64d201bf98acd3f5",
    "31c7a90e5df4826b13e07d98fa4cb1265e09d3a7c8f41b60927ed5ac3f08b4e1",
))  # fmt: skip
VAULT = Vault(RootKeys.from_text(NEW))
ADDRESS = "Ada.L+x@example.org"


def test_an_address_opens_as_it_was_typed():
    sealed = VAULT.seal(ADDRESS, "comment:17")
    assert VAULT.open(sealed, "comment:17") == ADDRESS
    assert sealed.key_id == VAULT.key_id


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(), max_size=300), st.text(max_size=20))
def test_any_text_opens_as_it_was_sealed(text, context):
    assert VAULT.open(VAULT.seal(text, context), context) == text


def test_an_address_moved_to_another_row_does_not_open():
    with pytest.raises(SealBroken):
        VAULT.open(VAULT.seal(ADDRESS, "comment:17"), "comment:18")


def test_a_seal_of_another_installation_does_not_open():
    sealed = VAULT.seal(ADDRESS, "comment:17")
    with pytest.raises(SealBroken):
        Vault(RootKeys.from_text(OLD)).open(sealed, "comment:17")
    both = Vault(RootKeys.from_text(f"{NEW}\n{OLD}"))
    other_name = next(key.name for key in RootKeys.from_text(OLD).newest_first)
    with pytest.raises(SealBroken):
        both.open(Sealed(other_name, sealed.data), "comment:17")


def test_one_changed_bit_anywhere_or_a_lost_byte_breaks_the_seal():
    sealed = VAULT.seal(ADDRESS, "comment:17")
    for place in range(len(sealed.data)):
        changed = bytearray(sealed.data)
        changed[place] ^= 1
        with pytest.raises(SealBroken):
            VAULT.open(Sealed(sealed.key_id, bytes(changed)), "comment:17")
        with pytest.raises(SealBroken):
            VAULT.open(Sealed(sealed.key_id, sealed.data[:place]), "comment:17")


def test_a_seal_tells_neither_the_address_nor_its_length_nor_that_it_was_seen_before():
    seals = [
        VAULT.seal(address, "comment:17").data for address in ("a@b.example", ADDRESS, ADDRESS, "x" * 100)
    ]
    assert len(set(seals)) == 4
    assert len({len(seal) for seal in seals}) == 1
    assert len({seal[1:13] for seal in seals}) == 4
    assert all(b"ada" not in seal.lower() and b"example" not in seal for seal in seals)


def test_after_rotation_old_seals_open_and_new_ones_use_the_new_key():
    before = Vault(RootKeys.from_text(OLD))
    sealed = before.seal(ADDRESS, "comment:17")
    after = Vault(RootKeys.from_text(f"{NEW}\n{OLD}\n"))
    assert after.open(sealed, "comment:17") == ADDRESS
    assert after.seal(ADDRESS, "comment:17").key_id == after.key_id == VAULT.key_id != before.key_id
    assert after.token_keys("form") == before.token_keys("form") + VAULT.token_keys("form")


def test_spellings_of_one_address_share_a_fingerprint_and_other_things_do_not():
    fingerprint = VAULT.fingerprint_address(ADDRESS)
    assert len(fingerprint) == 32
    assert fingerprint == VAULT.fingerprint_address(" ada.l+X@EXAMPLE.org")
    others = {
        VAULT.fingerprint_address("ada.l+y@example.org"),
        VAULT.fingerprint_network("ada.l+x@example.org"),
        VAULT.fingerprint_token("ada.l+x@example.org"),
        VAULT.mark("ada.l+x@example.org"),
        Vault(RootKeys.from_text(OLD)).fingerprint_address(ADDRESS),
        *VAULT.token_keys("form"),
        *VAULT.token_keys("awaiting"),
    }
    assert len(others) == 7
    assert fingerprint not in others


def test_a_mark_knows_where_one_part_ends_and_the_next_begins():
    assert VAULT.mark("1", "ada", "Hello") == VAULT.mark("1", "ada", "Hello")
    assert len({VAULT.mark("ab", "c"), VAULT.mark("a", "bc"), VAULT.mark("abc"), VAULT.mark("abc", "")}) == 4
    assert VAULT.mark("\ud800")


def test_printing_a_vault_a_seal_or_keys_shows_no_secret():
    keys = RootKeys.from_text(NEW)
    shown = f"{keys!r} {Vault(keys)!r} {keys.newest_first!r} {VAULT.seal(ADDRESS, 'x')!r}"
    assert keys.newest_first[0].name in shown
    assert NEW not in shown
    assert "secret" not in shown
    assert "data" not in shown


def test_what_was_sealed_and_fingerprinted_by_the_first_release_is_still_known():
    sealed = Sealed(FIRST_KEY_NAME, bytes.fromhex(FIRST_SEAL))
    assert VAULT.open(sealed, "comment:17") == ADDRESS
    assert VAULT.fingerprint_address(ADDRESS).hex() == FIRST_FINGERPRINT


FIRST_KEY_NAME = "0ea7b07c147a"
FIRST_SEAL = (
    "011522f4da19a6504073ae7498942f330e55a0d6db4b418e07193eda106e0ca924d5007c44aa97c4190552630cd7d30250e2"
    "d42b0ab9c9dd30a5e89ba438600ab8bddeb40ea56c79739428e936c5547c548b32321316cebaf82684a984ded4566dc8a297"
    "cbaadd591d2f7ed97bda8419986f8a234e923bd45e4b386bad5c28b313e48aa744b12b2fdec4ecb6a96344c573acf3d5c378"
    "5f5cc8873b6130"
)
FIRST_FINGERPRINT = "eaeb30abe53a491f9eda0c6dc01084abf160579096a757b9242c17cb8f1bd70d"


# The key file


def test_root_makes_a_key_once_and_nobody_else_can_read_it(tmp_path):
    path = tmp_path / "root.key"
    previous = os.umask(0)
    try:
        made = RootKeys.create(path)
    finally:
        os.umask(previous)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert RootKeys.load(path).newest_first == made.newest_first
    text = path.read_text()
    with pytest.raises(Misconfigured, match="already"):
        RootKeys.create(path)
    assert path.read_text() == text
    assert RootKeys.from_text(text).newest_first == made.newest_first


def test_two_made_keys_differ_and_a_made_key_that_looks_made_up_is_drawn_again(tmp_path, monkeypatch):
    first = RootKeys.create(tmp_path / "one.key")
    draws = iter([bytes(32), b"passwordpasswordpasswordpassword", secrets.token_bytes(32)])
    monkeypatch.setattr("moderation.privacy.keys.secrets.token_bytes", lambda _: next(draws))
    second = RootKeys.create(tmp_path / "two.key")
    assert first.newest_first[0].secret != second.newest_first[0].secret
    assert next(draws, None) is None


def written(path, text=NEW, mode=0o600):
    path.write_text(text)
    path.chmod(mode)
    return path


def test_a_key_file_that_is_not_there_says_what_to_run(tmp_path):
    with pytest.raises(Misconfigured, match="flask init"):
        RootKeys.load(tmp_path / "root.key")


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o602, 0o644, 0o610, 0o601])
def test_a_key_file_that_others_may_touch_stops_the_start(tmp_path, mode):
    with pytest.raises(Misconfigured, match="chmod 600"):
        RootKeys.load(written(tmp_path / "root.key", mode=mode))


def test_a_stricter_mode_is_welcome(tmp_path):
    assert RootKeys.load(written(tmp_path / "root.key", mode=0o400)).newest_first


def test_a_link_a_folder_or_a_pipe_in_place_of_the_key_file_stops_the_start_at_once(tmp_path):
    (tmp_path / "link.key").symlink_to(written(tmp_path / "root.key"))
    (tmp_path / "folder.key").mkdir(mode=0o700)
    os.mkfifo(tmp_path / "pipe.key", 0o600)
    for name, why in {"link": "a link", "folder": "not a plain file", "pipe": "not a plain file"}.items():
        with pytest.raises(Misconfigured, match=why):
            RootKeys.load(tmp_path / f"{name}.key")
    with pytest.raises(Misconfigured, match="already"):
        RootKeys.create(tmp_path / "link.key")


def test_a_key_file_below_something_that_is_no_folder_is_a_clear_sentence(tmp_path):
    path = written(tmp_path / "root.key") / "root.key"
    with pytest.raises(Misconfigured, match="cannot be read"):
        RootKeys.load(path)
    with pytest.raises(Misconfigured, match="cannot be written"):
        RootKeys.create(path)


def test_a_key_file_of_another_user_stops_the_start(tmp_path, monkeypatch):
    path = written(tmp_path / "root.key")
    monkeypatch.setattr(os, "geteuid", lambda: path.stat().st_uid + 1)
    owner = os.stat_result((0o100600, 0, 0, 1, path.stat().st_uid + 2, 0, 0, 0, 0, 0))
    monkeypatch.setattr(os, "fstat", lambda _: owner)
    with pytest.raises(Misconfigured, match="another user"):
        RootKeys.load(path)


@pytest.mark.parametrize("text", ["\u00e9" + NEW, NEW + "\n" * 70_000])
def test_a_key_file_that_is_no_text_of_ours_stops_the_start(tmp_path, text):
    with pytest.raises(Misconfigured, match="malformed"):
        RootKeys.load(written(tmp_path / "root.key", text))


# Keys as text

RANDOM = bytes.fromhex("31c7a90e5df4826b13e07d98fa4cb1265e09d3a7c8f41b60927ed5ac3f08b4e1")


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "no key"),
        ("# only a remark\n\n", "no key"),
        ("not a key!", "malformed"),
        (f"{NEW} {NEW}", "malformed"),
        (f"{NEW}\n{NEW}", "twice"),
        (b64encode(RANDOM[:31]).decode(), "weak"),
        (NEW[:-2], "weak"),
        (RANDOM.hex()[:-1], "weak"),
        (b64encode(bytes(32)).decode(), "weak"),
        (b64encode(b"\xff" * 64).decode(), "weak"),
        (b64encode(bytes(range(100, 132))).decode(), "weak"),
        (b64encode(bytes(range(0, 256, 3))).decode(), "weak"),
        (b64encode(RANDOM[:16] * 4).decode(), "weak"),
        (b64encode(b"correct horse battery staple, twice over").decode(), "weak"),
        ("correct-horse-battery-staple-and-some-more-of-it", "weak"),
        ("CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME-CHANGE-ME", "weak"),
        ("0123456789abcdef" * 4, "weak"),
    ],
)
def test_a_malformed_or_weak_key_stops_the_start_and_is_not_repeated(text, why):
    with pytest.raises(Misconfigured, match=why) as caught:
        RootKeys.from_text(text, where="GATEPOST_ROOT_KEY")
    assert str(caught.value).startswith("GATEPOST_ROOT_KEY holds") or "malformed" in str(caught.value)
    assert len(text) < 3 or text not in str(caught.value)


def test_base64_of_either_alphabet_with_or_without_its_end_and_hex_are_the_same_key():
    spellings = [
        b64encode(RANDOM).decode(),
        b64encode(RANDOM).decode().rstrip("="),
        urlsafe_b64encode(RANDOM).decode(),
        RANDOM.hex(),
        RANDOM.hex().upper(),
        f"# a remark\n\n  {RANDOM.hex()}  \n",
    ]
    assert {RootKeys.from_text(text).newest_first[0].secret for text in spellings} == {RANDOM}


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(min_value=0, max_value=2**32))
def test_honest_random_keys_are_taken(seed):
    raw = random.Random(seed).randbytes(32)
    assert RootKeys.from_text(b64encode(raw).decode()).newest_first[0].secret == raw


# Networks


@pytest.mark.parametrize(
    ("ip", "network"),
    [
        ("203.0.113.77", "203.0.113.0/24"),
        (" 203.0.113.1 ", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("::1", "::/64"),
        ("127.0.0.1", "127.0.0.0/24"),
        ("", UNKNOWN_NETWORK),
        ("unknown", UNKNOWN_NETWORK),
        ("203.0.113", UNKNOWN_NETWORK),
        ("203.0.113.7:8000", UNKNOWN_NETWORK),
        ("１.２.３.４", UNKNOWN_NETWORK),
        ("<script>", UNKNOWN_NETWORK),
    ],
)
def test_a_network_is_what_is_left_of_an_ip_address(ip, network):
    assert network_of(ip) == network


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.ip_addresses().map(str))
def test_any_text_has_a_network_and_a_network_has_no_host_part(ip):
    network = network_of(ip)
    assert network == UNKNOWN_NETWORK or network.endswith(("/24", "/64"))


def test_the_public_face_is_whole():
    assert all(hasattr(privacy, name) for name in privacy.__all__)


@pytest.mark.parametrize(
    "typed",
    [
        "ada.l@example.org",
        "ADA.L @ Example.ORG",
        "a d a . l @ e x a m p l e . o r g",
        "ada.l [at] example [dot] org",
        "ada dot l at example dot org",
        "ada.l<b>@</b>example<!-- x -->.org",
        "ada.l\\40 example.org",
        "ada.l\n@\texample.org",
    ],
)
def test_the_address_one_gives_is_known_in_pieces_and_no_other(typed: str) -> None:
    assert mask_own(f"Write to {typed}, please.", "Ada.L@example.org") == f"Write to {MASK}, please."
    assert holds_own(typed, "ada.l@example.org")
    assert not holds_own(typed, "eve@example.org")
    assert not holds_own(typed, "")
    assert mask_own(typed, "") == typed


@pytest.mark.parametrize(
    "text", ["a " * 30_000, "ada <" * 12_000, " " * 64_000, "a<b>" * 16_000, "aaaa" * 16_000]
)
def test_looking_for_ones_own_address_costs_what_the_text_is_long(text: str) -> None:
    assert mask_own(text, f"{'a' * 60}@example.org") == text


def test_looking_for_an_address_leaves_nothing_that_makes_the_next_look_quicker() -> None:
    mask_own("Write to quokka at ferry dot example.", "quokka@ferry.example")
    assert not any("quokka" in str(kept) for kept in vars(re).get("_cache", ()))


def test_an_address_within_a_longer_word_is_another_one() -> None:
    for longer in ("xada@example.org", "ada@example.organ", "ada@example.org2, and more"):
        assert mask_own(longer, "ada@example.org") == longer
