"""The wire format's numbers: zig-zag, seven bits to a byte, the least first. And amounts, days, moments."""

from __future__ import annotations

from array import array
from datetime import UTC, date, datetime
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal, Inexact, InvalidOperation, Rounded
from functools import cache, lru_cache

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
#: The ordinal of 1970-01-01, which Avro's dates count from.
EPOCH_DAY = EPOCH.toordinal()
#: Nothing is ever rounded here: what does not fit raises.
EXACT = Context(prec=200, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[Inexact, Rounded, InvalidOperation])
_LONGEST = 10  #: bytes of a 64-bit number


class Malformed(ValueError):
    """The bytes break Avro's encoding."""


def varint(data: bytes, at: int) -> tuple[int, int]:
    """The number that begins at `at`, signed, and where it ends. Raises Malformed, IndexError."""
    first, second = data[at], data[at + 1] if data[at] > 127 else 0
    if second < 128:
        number = first & 127 | second << 7
        return (number >> 1) ^ -(number & 1), at + 1 + (first > 127)
    third = data[at + 2]
    if third < 128:  # days of our century
        number = first & 127 | (second & 127) << 7 | third << 14
        return (number >> 1) ^ -(number & 1), at + 3
    number = shift = 0
    for place in range(at, at + _LONGEST):
        byte = data[place]
        number |= (byte & 127) << shift
        if byte < 128:
            if number >> 64:
                break
            return (number >> 1) ^ -(number & 1), place + 1
        shift += 7
    raise Malformed(f"the number at byte {at} has more than 64 bits")


def length(data: bytes, at: int) -> tuple[int, int]:
    """As `varint`, for a length: not below zero. Raises Malformed, IndexError."""
    number, at = varint(data, at)
    if number < 0:
        raise Malformed(f"a length of {number} before byte {at}")
    return number, at


def block(data: bytes, at: int, count: int, least: int) -> tuple[int, int]:
    """The number of items of an array's or map's block whose count was read, and where its items begin.

    `least`: the bytes that an item has at least. A count that the rest of the bytes cannot hold is refused before
    anything is made of it; so is one above a million where items have no bytes. Raises Malformed, IndexError.
    """
    if count < 0:
        count = -count
        _, at = length(data, at)
    if count > ((len(data) - at) // least if least else 1_000_000):
        raise Malformed(f"{count} items at byte {at}, where {len(data) - at} bytes are left")
    return count, at


def wide_amount(raw: bytes, precision: int, unit: Decimal) -> Decimal:
    """An amount that may have more digits than the schema allows: only zeros at the end. Raises Malformed."""
    if len(raw) > precision // 2 + 32:  # refused before it becomes a number
        raise Malformed(f"an amount of {len(raw)} bytes")
    number = int.from_bytes(raw, "big", signed=True)
    if abs(number) >= 10**190 or len(str(abs(number)).rstrip("0")) > precision:
        raise Malformed(f"an amount of more than {precision} digits")
    return EXACT.multiply(number, unit)


def narrow_bytes(precision: int) -> int:
    """So many bytes, and fewer, never hold a number of more than `precision` digits."""
    return int(10**precision).bit_length() // 8


def encode_long(number: int) -> bytes:
    """Raises OverflowError beyond 64 bits."""
    if not -(1 << 63) <= number < 1 << 63:
        raise OverflowError(f"{number} has more than 64 bits")
    left = (number << 1) ^ (number >> 63)
    if left < 1 << 21:
        return bytes((left & 127 | 128, left >> 7 & 127 | 128, left >> 14)) if left > 16383 else _short(left)
    out = bytearray()
    while left > 127:
        out.append(left & 127 | 128)
        left >>= 7
    out.append(left)
    return bytes(out)


def _short(left: int) -> bytes:
    return bytes((left & 127 | 128, left >> 7)) if left > 127 else bytes((left,))


def _pair(bits: int, last: int) -> int:
    """Two bytes of a number, seven bits in each, as a little-endian number."""
    return bits & 127 | 128 | (bits >> 7 | (0 if last else 128)) << 8


#: Fourteen bits as two bytes of a number that goes on, and as the two last ones. Arrays of plain numbers: they stay in
#: the processor's cache, which tables of 16,384 objects do not.
PAIR = array("H", (_pair(bits, 0) for bits in range(1 << 14)))
LAST = array("H", (_pair(bits, 1) for bits in range(1 << 14)))


@cache
def bits_of_pairs() -> tuple[array[int], array[int]]:
    """The way back, by the two bytes as a little-endian number; -1 where they are no such pair."""
    pairs, lasts = (array("h", (-1,)) * (1 << 16) for _ in range(2))
    for bits in range(1 << 14):
        pairs[PAIR[bits]] = lasts[LAST[bits]] = bits
    return pairs, lasts


@lru_cache(4096)
def day(number: int) -> date:
    """The date so many days after 1970-01-01. Dates come again and again. Raises ValueError, OverflowError."""
    return date.fromordinal(number + EPOCH_DAY)


@lru_cache(4096)
def encode_day(when: date) -> bytes:
    """The other way, for plain dates only."""
    return encode_long(when.toordinal() - EPOCH_DAY)


#: The encodings of small lengths and numbers: SMALL[n] for 0 <= n < len(SMALL).
SMALL = tuple(encode_long(number) for number in range(4096))


def whole(text: str) -> int:
    """The number behind a decimal's text with an exponent. Raises ValueError where it has decimals, or a great many."""
    number = Decimal(text)
    if number.adjusted() > 190:
        raise ValueError(f"{text} is out of proportion")
    return int(f"{number:f}")


def check_precision(amount: Decimal, precision: int) -> None:
    """Raises ValueError where the amount's own digits are more than the schema allows."""
    if len(amount.as_tuple().digits) > precision:
        raise ValueError(f"{amount} has more than {precision} digits")
