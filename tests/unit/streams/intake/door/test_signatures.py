"""Known answers, the vendors' own libraries, and what must never pass."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook

from streams.intake.door.signatures import hubspot, standard, stripe
from streams.intake.door.signatures.verdict import Refused, Signed, Verified, Verify
from streams.intake.door.signing import sign_hubspot, sign_standard, sign_stripe

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from stripe import SignatureVerificationError, WebhookSignature

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
FIVE_MINUTES = timedelta(minutes=5)
BODY = '{"type":"account.updated","data":{"name":"Čapek & Söhne"}}'.encode()
URL = "https://door.example.com/webhooks/hubspot?team=a%2Fb&x=%25"
OLD_SECRET, SECRET = "whsec_" + "b2xk" * 8, "whsec_" + "bmV3" * 8

Sign = Callable[[str, bytes, datetime], dict[str, str]]
SCHEMES: dict[str, tuple[Verify, Callable[[str], bytes], Sign]] = {
    "hubspot": (hubspot.verify, hubspot.key_of, lambda secret, body, now: sign_hubspot(secret, URL, body, now)),
    "stripe": (stripe.verify, stripe.key_of, sign_stripe),
    "standard": (standard.verify, standard.key_of, lambda secret, body, now: sign_standard(secret, "msg_1", body, now)),
}


def request(headers: dict[str, str], body: bytes = BODY) -> Signed:
    raw = [(name.lower().encode(), value.encode("latin-1")) for name, value in headers.items()]
    return Signed(raw, body, url=URL.encode())


def test_hubspots_published_vectors_hold() -> None:
    key = b"yyyyyyyy-yyyy-yyyy-yyyy-yyyyyyyyyyyy"
    body = b"{'example_field':'example_value'}"
    sent = Signed((), body, b"POST", b"https://www.example.com/webhook_uri")
    assert hubspot.signature(key, sent, b"1693657560000") == b"K36dawei4A+QBNolUOqo7s91KQDWQ5MXZ/QufNYuk/Y="
    assert hubspot.signature(key, sent, b"1700000300000") == b"RnbPH7+UMKVkbV32P8bz450N4M56aPmcru1+D3kSDtw="


def test_standard_webhooks_published_vector_holds() -> None:
    headers = {
        "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }
    key = standard.key_of("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    now = datetime.fromtimestamp(1614265330, UTC)
    sent = request(headers, b'{"test": 2432232314}')
    assert standard.verify([key], sent, now, FIVE_MINUTES) == Verified(now)


def test_stripes_own_library_and_we_agree_both_ways() -> None:
    timestamp = int(NOW.timestamp())
    header = WebhookSignature.generate_signature_header(BODY.decode(), SECRET, timestamp)
    assert stripe.verify([stripe.key_of(SECRET)], request({"Stripe-Signature": header}), NOW, FIVE_MINUTES) == Verified(
        NOW
    )
    ours = sign_stripe(SECRET, BODY, NOW)["stripe-signature"]
    assert WebhookSignature.verify_header(BODY, ours, SECRET, tolerance=None)
    with pytest.raises(SignatureVerificationError):
        WebhookSignature.verify_header(BODY + b" ", ours, SECRET, tolerance=None)


def test_the_standard_library_and_we_agree_both_ways() -> None:
    now = datetime.now(UTC).replace(microsecond=0)  # the library has no other clock
    ours = sign_standard(SECRET, "msg_1", BODY, now)
    assert Webhook(SECRET).verify(BODY, ours)
    theirs = {**ours, "webhook-signature": Webhook(SECRET).sign("msg_1", now, BODY.decode())}
    assert theirs == ours


@pytest.mark.parametrize("scheme", SCHEMES)
def test_either_of_two_live_secrets_is_good_and_no_other(scheme: str) -> None:
    verify, key_of, sign = SCHEMES[scheme]
    keys = [key_of(SECRET), key_of(OLD_SECRET)]
    for secret in (SECRET, OLD_SECRET):
        verdict = verify(keys, request(sign(secret, BODY, NOW)), NOW, FIVE_MINUTES)
        assert verdict == Verified(NOW)
    stranger = sign("whsec_" + "c3Ry" * 8, BODY, NOW)
    assert verify(keys, request(stranger), NOW, FIVE_MINUTES) == Refused("mismatch")
    assert verify([], request(sign(SECRET, BODY, NOW)), NOW, FIVE_MINUTES) == Refused("mismatch")


@pytest.mark.parametrize("scheme", SCHEMES)
def test_the_time_is_bounded_on_both_sides(scheme: str) -> None:
    verify, key_of, sign = SCHEMES[scheme]
    second = timedelta(seconds=1)

    def verdict(signed_at: datetime) -> Verified | Refused:
        return verify([key_of(SECRET)], request(sign(SECRET, BODY, signed_at)), NOW, FIVE_MINUTES)

    assert verdict(NOW - FIVE_MINUTES) == Verified(NOW - FIVE_MINUTES)
    assert verdict(NOW + FIVE_MINUTES) == Verified(NOW + FIVE_MINUTES)
    assert verdict(NOW - FIVE_MINUTES - second) == Refused("too_old")
    assert verdict(NOW + FIVE_MINUTES + second) == Refused("too_new")


@pytest.mark.parametrize("scheme", SCHEMES)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_refused(scheme: str, data: st.DataObject) -> None:
    verify, key_of, sign = SCHEMES[scheme]
    sound = request(sign(SECRET, BODY, NOW))
    fields = [value for _, value in sound.headers] + [BODY]
    which = data.draw(st.integers(0, len(fields) - 1))
    at = data.draw(st.integers(0, len(fields[which]) * 8 - 1))
    broken = bytearray(fields[which])
    broken[at // 8] ^= 1 << (at % 8)
    fields[which] = bytes(broken)
    headers = [(name, value) for (name, _), value in zip(sound.headers, fields, strict=False)]
    sent = replace(sound, headers=headers, body=fields[-1])
    assert isinstance(verify([key_of(SECRET)], sent, NOW, FIVE_MINUTES), Refused)


@pytest.mark.parametrize("scheme", SCHEMES)
@given(values=st.lists(st.binary(max_size=80), min_size=3, max_size=3), body=st.binary(max_size=40))
def test_no_header_raises(scheme: str, values: list[bytes], body: bytes) -> None:
    verify, key_of, sign = SCHEMES[scheme]
    names = [name.encode() for name in sign(SECRET, BODY, NOW)]
    sent = Signed(list(zip(names, values, strict=False)), body)
    assert isinstance(verify([key_of(SECRET)], sent, NOW, FIVE_MINUTES), Refused)


@pytest.mark.parametrize("scheme", SCHEMES)
def test_a_signature_header_that_comes_twice_or_not_at_all_is_refused(scheme: str) -> None:
    verify, key_of, sign = SCHEMES[scheme]
    sound = request(sign(SECRET, BODY, NOW))
    for index in range(len(sound.headers)):
        missing = replace(sound, headers=[*sound.headers[:index], *sound.headers[index + 1 :]])
        twice = replace(sound, headers=[*sound.headers, sound.headers[index]])
        for sent in (missing, twice):
            assert verify([key_of(SECRET)], sent, NOW, FIVE_MINUTES) == Refused("header_missing")


@pytest.mark.parametrize(
    "timestamp", ["", "abc", "-1", "+1772600767", "1772600767.0", "²", "1e9", "9" * 17, "NaN", " 1"]
)
def test_a_timestamp_is_digits(timestamp: str) -> None:
    key = stripe.key_of(SECRET)
    good = stripe.signature(key, timestamp.encode("latin-1"), BODY).decode()
    sent = request({"stripe-signature": f"t={timestamp},v1={good}"})
    assert stripe.verify([key], sent, NOW, FIVE_MINUTES) == Refused("header_malformed")


def test_stripe_takes_any_v1_and_never_v0_or_two_times() -> None:
    key = stripe.key_of(SECRET)
    timestamp = str(int(NOW.timestamp()))
    good = stripe.signature(key, timestamp.encode(), BODY).decode()

    def verdict(header: str) -> Verified | Refused:
        return stripe.verify([key], request({"stripe-signature": header}), NOW, FIVE_MINUTES)

    assert verdict(f"t={timestamp},v1={'0' * 64},v1={good}") == Verified(NOW)
    assert verdict(f"t={timestamp},v0={good}") == Refused("header_malformed")
    assert verdict(f"t={timestamp},t=1,v1={good}") == Refused("header_malformed")


def test_standard_takes_any_v1_of_the_list_and_no_other_version() -> None:
    sound = sign_standard(SECRET, "msg_1", BODY, NOW)
    good = sound["webhook-signature"]
    key = standard.key_of(SECRET)

    def verdict(header: str) -> Verified | Refused:
        return standard.verify([key], request({**sound, "webhook-signature": header}), NOW, FIVE_MINUTES)

    assert verdict(f"v1a,xyz v1,AAAA {good}") == Verified(NOW)
    assert verdict(good.replace("v1,", "v1a,")) == Refused("header_malformed")
    assert verdict(good.replace("v1,", "")) == Refused("header_malformed")


@pytest.mark.parametrize(
    ("called", "signed"),
    [
        (b"https://a.b/w?x=%3a%2F%3F%40%21%24%27%28%29%2A%2C%3B", b"https://a.b/w?x=:/?@!$'()*,;"),
        (b"https://a.b/w?x=%20%25%26%3D%2B%5B%253A", b"https://a.b/w?x=%20%25%26%3D%2B%5B%253A"),
    ],
)
def test_hubspot_decodes_its_twelve_characters_and_no_others(called: bytes, signed: bytes) -> None:
    assert hubspot.signed_url(called) == signed


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_not base64 at all, is it", "whsec_" + "QUFB" * 30]
)
def test_a_standard_secret_is_24_to_64_bytes_of_base64(secret: str) -> None:
    with pytest.raises(ValueError, match="Standard Webhooks secret") as caught:
        standard.key_of(secret)
    assert not secret or secret.removeprefix("whsec_") == "" or secret not in str(caught.value)
