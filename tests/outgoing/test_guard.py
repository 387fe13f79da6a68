"""The guard against forged destinations: what may be called, and that no spelling gets around it."""

import ipaddress
import socket
from ipaddress import IPv4Address, IPv6Address, ip_network
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.outgoing.errors import UnsafeDestination
from bot.outgoing.guard import Guard, is_public

STRICT = Guard()
HOME = Guard(
    (ip_network("127.0.0.0/8"), ip_network("10.1.0.0/16"), ip_network("::1/128"), ip_network("fd12:3456::/32"))
)
CARELESS = Guard((ip_network("0.0.0.0/0"), ip_network("::/0")))

METADATA = [
    "169.254.169.254",
    "169.254.170.2",
    "100.100.100.200",
    "168.63.129.16",
    "192.0.0.192",
    "fd00:ec2::254",
    "fd20:ce::254",
    "fd00:42::42",
    "fe80::1",
    "0.0.0.0",
    "::",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "64:ff9b::169.254.169.254",
    "64:ff9b:1::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "::169.254.169.254",
]
NOT_PUBLIC = [
    *METADATA,
    "127.0.0.1",
    "127.255.255.254",
    "10.0.0.1",
    "172.16.0.1",
    "172.31.255.255",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.0.8",
    "192.0.2.1",
    "192.88.99.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::1",
    "::8.8.8.8",
    "64:ff9b::8.8.8.8",
    "64:ff9b:1::808:808",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:808:808::1",
    "3fff::1",
    "4000::1",
    "5f00::1",
    "fc00::1",
    "fd12:3456::1",
    "fec0::1",
    "ff02::1",
]
PUBLIC = ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700:4700::1111", "2a00:1450:4001::1"]


def url_of(address: str) -> str:
    return f"https://[{address}]/" if ":" in address else f"https://{address}/"


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_may_be_called(address: str) -> None:
    assert STRICT.check_url(url_of(address)).host == address


@pytest.mark.parametrize("address", NOT_PUBLIC)
def test_other_addresses_may_not(address: str) -> None:
    with pytest.raises(UnsafeDestination, match="leads to a network this bot may not call"):
        STRICT.check_url(url_of(address))
    with pytest.raises(UnsafeDestination):
        STRICT.check_address(address, listed_only=False)


@pytest.mark.parametrize("address", METADATA)
def test_metadata_and_link_local_may_not_even_when_listed(address: str) -> None:
    listed = Guard((ip_network(f"{address}/{ipaddress.ip_address(address).max_prefixlen}"), *CARELESS.allowed))
    with pytest.raises(UnsafeDestination):
        listed.check_url(url_of(address))


def test_a_link_local_address_with_a_zone_is_refused() -> None:
    with pytest.raises(UnsafeDestination):
        CARELESS.check_address("fe80::1%eth0", listed_only=False)
    with pytest.raises(UnsafeDestination):
        CARELESS.check_url("https://[2606:4700::1%25eth0]/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/",
        "http://127.0.0.1:8065/hooks/x",
        "https://10.1.2.3:9443/",
        "http://[::1]:8065/",
        "http://[fd12:3456::7]/",
        "http://mattermost:8065/",
    ],
)
def test_listed_networks_may_be_called_plainly_and_on_any_port(url: str) -> None:
    parsed = HOME.check_url(url)
    assert parsed.listed_only
    assert str(parsed) == url


def test_a_listed_network_does_not_open_its_neighbour() -> None:
    with pytest.raises(UnsafeDestination):
        HOME.check_url("https://10.2.0.1/")


@pytest.mark.parametrize("url", ["http://8.8.8.8/", "https://8.8.8.8:8080/", "http://8.8.8.8:443/"])
def test_public_addresses_need_https_on_known_ports_even_with_listed_networks(url: str) -> None:
    for guard in (STRICT, HOME):
        with pytest.raises(UnsafeDestination, match="Only https addresses on port 443 or 8443"):
            guard.check_url(url)


@pytest.mark.parametrize("url", ["http://example.com/", "https://example.com:444/"])
def test_names_need_https_on_known_ports_without_listed_networks(url: str) -> None:
    with pytest.raises(UnsafeDestination, match="Only https addresses on port 443 or 8443"):
        STRICT.check_url(url)
    assert HOME.check_url(url).listed_only  # so their addresses are checked against the list alone


def test_a_name_behind_plain_http_must_not_lead_to_a_public_address() -> None:
    HOME.check_address("127.0.0.1", listed_only=True)
    with pytest.raises(UnsafeDestination, match="Only https"):
        HOME.check_address("8.8.8.8", listed_only=True)


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("https://ana@example.com/", "user name"),
        ("https://ana:pw@example.com/", "user name"),
        ("https://@example.com/", "user name"),
        ("https://example.com@127.0.0.1/", "user name"),
        ("https://example.com/#part", "with a #"),
        ("https://example.com/#", "with a #"),
        ("https://example.com#@127.0.0.1/", "with a #"),
        ("", "complete web address"),
        ("example.com", "complete web address"),
        ("//example.com/", "complete web address"),
        ("https:///path", "complete web address"),
        ("https:example.com", "complete web address"),
        ("https://:443/", "complete web address"),
        ("ftp://example.com/", "complete web address"),
        ("file:///etc/passwd", "complete web address"),
        ("gopher://127.0.0.1:6379/_x", "complete web address"),
        ("https://example.com:99999/", "complete web address"),
        ("https://example.com:0/", "complete web address"),
        ("https://example.com:four/", "complete web address"),
        ("https://example.com\\@127.0.0.1/", "complete web address"),
        ("https://exa mple.com/", "complete web address"),
        ("https://example.com/a b", "complete web address"),
        ("https://example.com/\r\nHost: evil", "complete web address"),
        ("https://example.com/\x00", "complete web address"),
        ("https://127.0.0%2e1/", "complete web address"),
        ("https://example..com/", "complete web address"),
        ("https://-example.com/", "complete web address"),
        ("https://[::1/", "complete web address"),
        ("https://[127.0.0.1]/", "complete web address"),
        ("https://[v1.x]/", "complete web address"),
        ("https://a[::1]/", "complete web address"),
        ("https://" + "a" * 64 + ".com/", "complete web address"),
        ("https://" + "a." * 150 + "com/", "complete web address"),
        ("https://example.com/" + "a" * 5000, "complete web address"),
        ("https://example.com/\ud800", "complete web address"),
        ("https://example\u2100.com/", "complete web address"),
    ],
)
def test_odd_urls_are_refused_in_words(url: str, message: str) -> None:
    for guard in (STRICT, CARELESS):
        with pytest.raises(UnsafeDestination, match=message):
            guard.check_url(url)


@pytest.mark.parametrize(
    ("url", "host", "shown"),
    [
        ("https://example.com", "example.com", "https://example.com/"),
        (" HTTPS://EXAMPLE.com:443/A?b=C%2F&d ", "example.com", "https://example.com/A?b=C%2F&d"),
        ("https://example.com.:8443/", "example.com", "https://example.com:8443/"),
        ("https://example.com:/", "example.com", "https://example.com/"),
        ("https://bücher.example/ä?ö=ü", "xn--bcher-kva.example", None),
        ("https://xn--bcher-kva.example/", "xn--bcher-kva.example", None),
        ("https://ＥＸＡＭＰＬＥ.com/", "example.com", None),
        ("https://[2606:4700::0:1111]:8443/x", "2606:4700::1111", "https://[2606:4700::1111]:8443/x"),
    ],
)
def test_the_checked_url_is_in_plain_form(url: str, host: str, shown: str | None) -> None:
    parsed = STRICT.check_url(url)
    assert parsed.host == host
    assert str(parsed).isascii()
    assert shown is None or str(parsed) == shown


# --- every way to write an address that some resolver understands ---


def number(draw: st.DrawFn, value: int) -> str:
    return draw(st.sampled_from(["{}", "0x{:x}", "0X{:X}", "0{:o}", "0x0000{:x}", "000{:o}"])).format(value)


@st.composite
def spellings(draw: st.DrawFn) -> tuple[IPv4Address, str]:
    address = IPv4Address(draw(st.integers(0, 2**32 - 1) | st.sampled_from([0x7F000001, 0xA9FEA9FE, 0x0A000001])))
    octets = list(address.packed)
    kept = draw(st.integers(0, 3))
    rest = int.from_bytes(bytes(octets[kept:]), "big")
    text = ".".join([number(draw, one) for one in octets[:kept]] + [number(draw, rest)])
    if draw(st.booleans()):
        text = text.translate({ord(digit): ord(digit) + 0xFEE0 for digit in "0123456789"})  # full-width digits
    if draw(st.booleans()):
        text = text.replace(".", draw(st.sampled_from("。．｡")))
    return address, text + draw(st.sampled_from(["", "."]))


@given(spellings())
def test_a_number_is_the_plain_address_or_refused(case: tuple[IPv4Address, str]) -> None:
    address, text = case
    try:
        parsed = STRICT.check_url(f"https://{text}/")
    except UnsafeDestination:
        return
    assert parsed.host == str(address)
    assert is_public(address)


@given(st.sampled_from(["127.0.0.1", "169.254.169.254", "10.0.0.1", "::1", "[::ffff:127.0.0.1]"]), st.data())
def test_percent_encoding_does_not_hide_an_address(host: str, data: st.DataObject) -> None:
    at = data.draw(st.integers(0, len(host) - 1))
    hidden = host[:at] + f"%{ord(host[at]):02x}" + host[at + 1 :]
    with pytest.raises(UnsafeDestination):
        STRICT.check_url(f"https://{hidden}/")


@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_ipv4_in_ipv6_clothes_is_never_public(address: IPv4Address) -> None:
    number = int(address)
    for clothed in (number, 0xFFFF << 32 | number, (0x64FF9B << 96) | number, 0x2002 << 112 | number << 80):
        with pytest.raises(UnsafeDestination):
            STRICT.check_url(f"https://[{IPv6Address(clothed)}]/")


def the_system_reads(host: str) -> str | None:
    """The address that this system's resolver takes for the host without asking anybody."""
    try:
        return socket.inet_ntoa(socket.inet_aton(host))
    except OSError:
        return host if ":" in host else None


@given(
    st.text(max_size=60)
    | st.text(alphabet="0123456789xa.", max_size=20)
    | st.text(alphabet="htps:/[]@#?%.0123456789abcx-_\\ ", max_size=60)
)
def test_any_text_is_either_refused_or_a_plain_public_https_url(text: str) -> None:
    for url in (text, f"https://{text}", f"https://{quote(text)}/"):
        try:
            parsed = STRICT.check_url(url)
        except UnsafeDestination:
            continue
        assert parsed.scheme == "https"
        assert parsed.port in (443, 8443)
        assert parsed.host.isascii()
        assert parsed.target.isascii()
        assert STRICT.check_url(str(parsed)) == parsed
        assert the_system_reads(parsed.host) in (None, parsed.host)
