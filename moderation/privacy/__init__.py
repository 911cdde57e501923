"""What keeps a reader's address between us and the gatepost: root keys, the vault, networks, addresses in text.

Only the vault seals, opens and fingerprints, and only with keys that never leave the installation.
"""

from moderation.addresses import (
    MASK,
    find_addresses,
    has_address,
    mask_addresses,
    normal_address,
    read_in_page,
)
from moderation.errors import SealBroken
from moderation.privacy.keys import RootKeys, add_key, drop_former_keys
from moderation.privacy.networks import UNKNOWN_NETWORK, network_of
from moderation.privacy.own import holds_own, mask_own
from moderation.privacy.vault import Sealed, Vault

__all__ = [
    "MASK",
    "UNKNOWN_NETWORK",
    "RootKeys",
    "SealBroken",
    "Sealed",
    "Vault",
    "add_key",
    "drop_former_keys",
    "find_addresses",
    "has_address",
    "holds_own",
    "mask_addresses",
    "mask_own",
    "network_of",
    "normal_address",
    "read_in_page",
]
