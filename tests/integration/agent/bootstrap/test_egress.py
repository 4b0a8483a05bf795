"""S51: whatever library asks, and whatever a name comes to, nothing connects to where clouds hand out credentials.

In a process of its own: the gate cannot be taken away again.
"""

import json
import subprocess
import sys

import pytest

_TRIES = """
import asyncio, json, socket, sys, urllib.request
import aiohttp, httpx2
from agent.bootstrap.egress import close_off
from agent.config import Config
from agent.settings import Settings
from tools.clients.http import Http

asked = socket.getaddrinfo
def lying(host, port, *more, **how):
    inner = "169.254.169.254"
    named = {"metrics.example": inner, "six.example": "fd00:ec2::254", "mapped.example": f"::ffff:{inner}"}
    text = host.decode() if isinstance(host, bytes) else host
    return asked(named.get(text, host), port, *more, **how)
socket.getaddrinfo = lying
close_off(Settings.model_construct(loki_url="http://169.254.7.7:1"), Config())

async def by_httpx(url):
    async with httpx2.AsyncClient(timeout=0.3, trust_env=False) as client:
        await client.get(url)

async def by_ours(url):
    client = Http(url)
    try:
        await client.get("/", asked="a look")
    finally:
        await client.close()

async def by_aiohttp(url):
    async with aiohttp.ClientSession() as session, session.get(url):
        pass

async def by_urllib(url):
    await asyncio.to_thread(urllib.request.build_opener(urllib.request.ProxyHandler({})).open, url, timeout=0.3)

def reasons(error):
    if error:
        yield str(error)
        for one in (error.__cause__, error.__context__, *getattr(error, "exceptions", ())):
            yield from reasons(one)

async def main():
    found = {}
    urls = ["http://169.254.169.254/", "http://metrics.example/", "http://six.example/", "http://mapped.example/",
            "http://[fe80::1]/", "http://169.254.1.1:8080/", "http://169.254.7.7:1/",
            "http://[64:ff9b::a9fe:a9fe]/", "http://[2002:a9fe:a9fe::1]/", "http://[::169.254.169.254]/"]
    for way in (by_httpx, by_ours, by_aiohttp, by_urllib):
        for url in urls:
            if way is by_ours and url.endswith("7.7:1/"):
                continue
            try:
                async with asyncio.timeout(0.5 if url.endswith("7.7:1/") else 20):
                    await way(url)
                told = "answered"
            except BaseException as error:
                told = "refused" if any("no setting names it" in one for one in reasons(error)) else "tried"
            found[f"{way.__name__} {url}"] = told
    ways = {"sendto": lambda by, to: by.sendto(b"x", to), "sendmsg": lambda by, to: by.sendmsg([b"x"], [], 0, to)}
    for name, send in ways.items():
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as by:
            try:
                send(by, ("169.254.169.254", 53))
                found[name] = "tried"
            except OSError as error:
                found[name] = "refused" if "no setting names it" in str(error) else "tried"
    print(json.dumps(found))
asyncio.run(main())
"""


@pytest.mark.attack("S51")
def test_no_library_connects_there_by_address_or_by_name_unless_a_setting_names_it() -> None:
    ran = subprocess.run([sys.executable, "-c", _TRIES], capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert "refused" not in {told for asked, told in found.items() if "169.254.7.7" in asked}
    assert {asked: told for asked, told in found.items() if "169.254.7.7" not in asked and told != "refused"} == {}
    assert len(found) == 41
