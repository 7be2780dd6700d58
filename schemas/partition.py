"""Which partition a record goes to: the account's, on every topic from the clean topics on."""

from __future__ import annotations

_MASK = 0xFFFFFFFF


def murmur2(data: bytes) -> int:
    """Kafka's default key hash (Java client, Utils.murmur2), as an unsigned 32-bit integer."""
    multiplier = 0x5BD1E995
    length = len(data)
    value = (0x9747B28C ^ length) & _MASK
    whole = length - length % 4
    for start in range(0, whole, 4):
        block = int.from_bytes(data[start : start + 4], "little")
        block = (block * multiplier) & _MASK
        block = ((block ^ (block >> 24)) * multiplier) & _MASK
        value = ((value * multiplier) & _MASK) ^ block
    if whole < length:
        value = ((value ^ int.from_bytes(data[whole:], "little")) * multiplier) & _MASK
    value = ((value ^ (value >> 13)) * multiplier) & _MASK
    return value ^ (value >> 15)


def partition_for(account_id: str, partitions: int) -> int:
    """The partition of an account: the same as Java's default partitioner gives for the id as a string key."""
    return (murmur2(account_id.encode()) & 0x7FFFFFFF) % partitions
