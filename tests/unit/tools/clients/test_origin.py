from ipaddress import ip_address

import pytest

from tools.base import BackendError
from tools.clients.origin import Origin, is_path, judged_address, origin_of


def test_an_origin_is_scheme_host_port_and_the_path_below_which_everything_lies() -> None:
    assert origin_of("https://ops.example.com:8443/api/v1/") == Origin("https", "ops.example.com", 8443, "/api/v1")
    assert origin_of("http://[::1]") == Origin("http", "::1", 80, "")


@pytest.mark.parametrize(
    "url",
    [
        "file:///etc/passwd",
        "gopher://127.0.0.1:6379/_x",
        "ftp://example.com",
        "//example.com",
        "example.com",
        "",
        "http://",
        "http://user:password@example.com",
        "http://shop@169.254.169.254",
        "http://example.com?x=1",
        "http://example.com#x",
        "http://example.com/a/../b",
        "http://example.com/%2e%2e",
        "http://0x7f.1",
        "http://2130706433",
        "http://127.1",
        "http://0177.0.0.1",
        "http://[::ffff:127.0.0.1]",
        "http://[fe80::1%25eth0]",
        "http://exa mple.com",
        "http://example.com:99999",
        "http://еxample.com",
    ],
)
@pytest.mark.attack("S51")
def test_what_is_no_plain_address_of_one_http_host_is_refused(url: str) -> None:
    with pytest.raises(BackendError):
        origin_of(url)


@pytest.mark.parametrize("path", ["", "/", "/services/check-out_1/x.y:z@~", "/a/b/"])
def test_a_plain_path_is_one(path: str) -> None:
    assert is_path(path) is (path not in {"/", "/a/b/"})


@pytest.mark.parametrize(
    "path",
    [
        "a",
        "//a",
        "/a//b",
        "/../a",
        "/a/..",
        "/./a",
        "/%2e%2e/a",
        "/a%2fb",
        "/a?b",
        "/a#b",
        "/a b",
        "/a\\b",
        "/é",
        "/a\n",
        "/{x}",
    ],
)
@pytest.mark.attack("S51")
def test_a_path_that_could_lead_elsewhere_is_none(path: str) -> None:
    assert not is_path(path)


async def _address(url: str, *answers: str) -> str:
    async def resolve(host: str, port: int) -> list[str]:
        return list(answers)

    return str(await judged_address(origin_of(url), resolve))


@pytest.mark.parametrize(
    ("url", "answer"),
    [
        ("http://ops.example.com", "10.1.2.3"),
        ("http://ops.example.com", "2001:db8::5"),
        ("http://localhost", "127.0.0.1"),
        ("http://control.localhost", "::1"),
    ],
)
async def test_a_name_leads_to_the_address_it_has(url: str, answer: str) -> None:
    assert await _address(url, answer) == answer


@pytest.mark.parametrize("literal", ["127.0.0.1", "10.0.0.1", "::1"])
async def test_an_address_that_the_configuration_names_is_called_as_it_is(literal: str) -> None:
    origin = Origin("http", literal, 80, "")
    assert await judged_address(origin) == ip_address(literal)


@pytest.mark.parametrize(
    "answer",
    ["127.0.0.1", "::1", "::ffff:127.0.0.1", "169.254.169.254", "::ffff:169.254.169.254", "fe80::1", "fd00:ec2::254",
     "100.100.100.200", "0.0.0.0", "::", "224.0.0.1", "::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe",
     "2002:a9fe:a9fe::1", "::169.254.169.254", "fd00:ec2::23", "fd20:ce::254", "192.0.0.192"],
)  # fmt: skip
@pytest.mark.attack("S51")
async def test_a_name_that_is_rebound_to_this_machine_or_to_a_clouds_inside_is_refused(answer: str) -> None:
    with pytest.raises(BackendError, match=r"ops\.example\.com is at"):
        await _address("http://ops.example.com", answer)
    with pytest.raises(BackendError):
        await _address("http://ops.example.com", "10.1.2.3", answer)


@pytest.mark.parametrize("literal", ["169.254.169.254", "0.0.0.0", "224.0.0.1", "fe80::1"])
@pytest.mark.attack("S51")
async def test_a_clouds_inside_is_refused_even_when_it_is_configured(literal: str) -> None:
    with pytest.raises(BackendError, match="where no endpoint may be"):
        await judged_address(Origin("http", literal, 80, ""))


async def test_a_name_without_an_address_may_have_one_later() -> None:
    with pytest.raises(BackendError, match="has no address") as refusal:
        await _address("http://ops.example.com")
    assert refusal.value.retry


async def test_a_name_that_does_not_resolve_is_said_so() -> None:
    with pytest.raises(BackendError, match=r"nowhere\.invalid cannot be resolved"):
        await judged_address(origin_of("http://nowhere.invalid"))
