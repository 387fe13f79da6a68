"""The vault: sealed texts open only where they belong, signatures and look-ups outlive a rotation."""

import base64

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from bot.vault import BadKeys, EnvelopeDamaged, KeyMissing, Vault, generate_keys

K1 = "k1:" + base64.b64encode(b"1" * 32).decode()
K2 = "k2:" + base64.b64encode(b"2" * 32).decode()
OLD, ROTATED, NEW = Vault(K1), Vault(f"{K2},{K1}"), Vault(K2)
ABOUT = "server-1|bot_token"

texts = st.text(max_size=200)


@given(texts, texts)
def test_what_was_sealed_opens(plaintext: str, about: str) -> None:
    assert OLD.open(OLD.seal(plaintext, about=about), about=about) == plaintext


def test_an_envelope_is_version_key_nonce_and_ciphertext_without_the_text() -> None:
    envelope = OLD.seal("a very secret token", about=ABOUT)
    version, key, nonce, sealed = envelope.split(".")
    assert (version, key) == ("v1", "k1")
    assert len(base64.urlsafe_b64decode(nonce)) == 12
    assert len(base64.urlsafe_b64decode(sealed + "==")) == len("a very secret token") + 16
    assert "secret" not in envelope


def test_an_envelope_is_plain_aes_256_gcm_under_the_derived_key() -> None:
    _, _, nonce, sealed = OLD.seal("token", about=ABOUT).split(".")
    key = HKDF(SHA256(), 32, salt=None, info=b"oncall|seal").derive(b"1" * 32)
    opened = AESGCM(key).decrypt(
        base64.urlsafe_b64decode(nonce),
        base64.urlsafe_b64decode(sealed + "=="[: -len(sealed) % 4]),
        b"v1.k1|" + ABOUT.encode(),
    )
    assert opened == b"token"


def test_the_same_text_is_never_sealed_the_same_way_twice() -> None:
    assert OLD.seal("token", about=ABOUT) != OLD.seal("token", about=ABOUT)


def test_it_does_not_open_about_something_else() -> None:
    envelope = OLD.seal("token", about="server-1|bot_token")
    with pytest.raises(EnvelopeDamaged, match="altered or belongs to something else"):
        OLD.open(envelope, about="server-2|bot_token")


SEALED = OLD.seal("token", about=ABOUT)  # once: what is drawn depends on it, and no envelope is like another


@given(st.data())
def test_a_single_altered_character_is_noticed(data: st.DataObject) -> None:
    envelope = SEALED
    at = data.draw(st.integers(0, len(envelope) - 1))
    other = data.draw(st.sampled_from("ABYZaz09-_.=! é").filter(lambda c: c != envelope[at]))
    with pytest.raises((EnvelopeDamaged, KeyMissing)):
        OLD.open(envelope[:at] + other + envelope[at + 1 :], about=ABOUT)


def test_an_envelope_has_one_spelling() -> None:
    envelope = OLD.seal("four", about=ABOUT)  # 20 bytes: the last character has two unused bits
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    twin = envelope[:-1] + alphabet[alphabet.index(envelope[-1]) ^ 1]
    with pytest.raises(EnvelopeDamaged):
        OLD.open(twin, about=ABOUT)


@given(st.text() | st.from_regex(r"v1\.k1\.[A-Za-z0-9_-]{0,20}\.[A-Za-z0-9_-]{0,40}", fullmatch=True))
def test_nonsense_is_damaged_and_nothing_worse(text: str) -> None:
    with pytest.raises(EnvelopeDamaged):
        OLD.open(text, about=ABOUT)


def test_after_a_rotation_old_envelopes_open_and_ask_to_be_resealed() -> None:
    old = OLD.seal("token", about=ABOUT)
    assert ROTATED.open(old, about=ABOUT) == "token"
    assert ROTATED.needs_resealing(old)
    fresh = ROTATED.seal("token", about=ABOUT)
    assert not ROTATED.needs_resealing(fresh)
    assert NEW.open(fresh, about=ABOUT) == "token"


def test_a_missing_key_is_told_apart_from_damage() -> None:
    with pytest.raises(KeyMissing, match="The key k1 is not in ENCRYPTION_KEYS"):
        NEW.open(OLD.seal("token", about=ABOUT), about=ABOUT)


def test_a_signature_fits_its_message_and_purpose_only() -> None:
    signature = OLD.sign("button", b"ack 12")
    assert OLD.verify("button", b"ack 12", signature)
    assert not OLD.verify("button", b"ack 13", signature)
    assert not OLD.verify("dialog", b"ack 12", signature)


def test_a_signature_outlives_a_rotation_until_its_key_leaves() -> None:
    signature = OLD.sign("button", b"ack 12")
    assert ROTATED.verify("button", b"ack 12", signature)
    assert not NEW.verify("button", b"ack 12", signature)
    assert ROTATED.sign("button", b"ack 12").startswith("k2.")


def test_a_key_under_another_name_does_not_verify() -> None:
    name, mac = OLD.sign("button", b"ack 12").split(".")
    assert not ROTATED.verify("button", b"ack 12", f"k2.{mac}")
    assert name == "k1"


@given(st.text())
def test_nonsense_is_no_signature(signature: str) -> None:
    assert not OLD.verify("button", b"ack 12", signature)


def test_half_a_surrogate_pair_is_no_surprise() -> None:
    half = "\ud800"
    assert not OLD.verify("button", b"ack 12", f"k1.{half}")
    assert OLD.open(OLD.seal(half, about=half), about=half) == half
    assert OLD.digest("integration", half)


def test_a_digest_is_found_again_after_a_rotation() -> None:
    stored = OLD.digest("integration", "key-1")
    assert stored in ROTATED.digests("integration", "key-1")
    assert ROTATED.digests("integration", "key-1")[0] == ROTATED.digest("integration", "key-1") != stored
    assert stored not in ROTATED.digests("integration", "key-2")
    assert stored not in ROTATED.digests("heartbeat", "key-1")


def test_a_digest_is_no_signature() -> None:
    assert not OLD.verify("x", b"text", f"k1.{OLD.digest('x', 'text')}")


def test_generated_keys_work_and_are_new_each_time() -> None:
    keys = generate_keys()
    assert keys.startswith("k1:")
    assert keys != generate_keys()
    assert Vault(keys).open(Vault(keys).seal("x", about=""), about="") == "x"


def test_a_rotation_puts_a_fresh_key_in_front() -> None:
    keys = generate_keys(f"{K2},{K1}")
    assert keys.startswith("k3:")
    assert Vault(keys).open(OLD.seal("x", about=""), about="") == "x"


@pytest.mark.parametrize(
    ("keys", "problem"),
    [
        ("", "entry 1 is not name:key"),
        ("hello", "entry 1 is not name:key"),
        (f"{K1},", "entry 2 is not name:key"),
        ("k 1:" + K1[3:], "entry 1 is not name:key"),
        ("k1:" + base64.b64encode(b"short").decode(), "the key k1 is not 32 bytes in base64"),
        ("k1:!!!", "the key k1 is not 32 bytes in base64"),
        ("k1:ключ", "the key k1 is not 32 bytes in base64"),
        (f"{K1},k1:{K2[3:]}", "the name k1 is there twice"),
        (f"{K1},k2:{K1[3:]}", "the key k2 is there under another name, too"),
        (f"k9:x,{K1},nonsense", "the key k9 is not 32 bytes in base64; entry 3 is not name:key"),
    ],
)
def test_bad_keys_are_named_but_not_shown(keys: str, problem: str) -> None:
    with pytest.raises(BadKeys, match=problem) as caught:
        Vault(keys)
    for entry in keys.split(","):
        material = entry.partition(":")[2]
        assert len(material) < 2 or material not in str(caught.value)


def test_either_base64_alphabet_with_spaces_and_without_padding_is_taken() -> None:
    raw = bytes(range(224, 256))
    plain, url = base64.b64encode(raw).decode(), base64.urlsafe_b64encode(raw).decode().rstrip("=")
    assert plain != url
    assert Vault(f" a:{url} , {K1} ").open(Vault(f"a:{plain}").seal("x", about=""), about="") == "x"


def test_a_vault_shows_key_names_only() -> None:
    assert repr(ROTATED) == "<Vault with keys k2, k1>"
