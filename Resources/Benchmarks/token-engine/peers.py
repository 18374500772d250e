"""What stands beside the token engine: msal for Python, `openssl speed`, wrk."""

import json
import re
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import msal
import requests

CLIENT = "6f1b7a52-9a1d-4d0c-8a3b-1c2d3e4f5a6b"
GRAPH = ["https://graph.microsoft.com/.default"]
TOKEN = "eyJ0eXAiOiJKV1Qi" + "x" * 1_350


class Reply:
    status_code = 200
    headers = {}

    def __init__(self, value):
        self.text = json.dumps(value)

    def raise_for_status(self):
        pass


class Authority:
    """An http_client for msal that answers in the process, after a delay, and counts the lives of its tokens."""

    def __init__(self, life=3_599, usable=3_299, delay=0.0):
        self.life, self.usable, self.delay = life, usable, delay
        self.calls = self.lives = 0
        self.ends = {}
        self.lock = threading.Lock()

    def get(self, url, **_):
        base = url.split("/v2.0/")[0]
        return Reply({"issuer": base + "/v2.0", "authorization_endpoint": base + "/oauth2/v2.0/authorize",
                      "token_endpoint": base + "/oauth2/v2.0/token"})

    def post(self, url, **_):
        with self.lock:
            self.calls += 1
            if time.monotonic() >= self.ends.get(url, 0):
                self.lives += 1
            self.ends[url] = float("inf")
        time.sleep(self.delay)
        with self.lock:
            self.ends[url] = time.monotonic() + self.usable
        return Reply({"token_type": "Bearer", "expires_in": self.life, "access_token": f"{TOKEN}{self.calls:08}"})

    def close(self):
        pass


def app(tenant, cache, http, credential="a-secret-for-nothing", base="https://login.microsoftonline.com"):
    """One object for each tenant, as msal wants it; the cache is shared, as its documentation advises."""
    return msal.ConfidentialClientApplication(
        CLIENT, client_credential=credential, authority=f"{base}/{tenant}", token_cache=cache, http_client=http,
        instance_discovery=False, validate_authority=False)


class Hits:
    """acquire_token_for_client with everything in the cache, in a random order."""

    def __init__(self, tenants, random, resources=1, cache=None):
        self.cache = cache or msal.TokenCache()
        http = Authority()
        scopes = [GRAPH] if resources == 1 else [[f"api://fleet.example/{n}/.default"] for n in range(resources)]
        self.wishes = [(app(tenant, self.cache, http), scope) for tenant in tenants for scope in scopes] \
            if resources == 1 else [(one, scope) for one in [app(tenants[0], self.cache, http)] for scope in scopes]
        for number, (client, scope) in enumerate(self.wishes):
            # As msal itself does after a reply; by way of acquire_token_for_client each miss scans the whole cache.
            self.cache.add({
                "client_id": CLIENT, "scope": scope, "token_endpoint": client.authority.token_endpoint,
                "grant_type": "client_credentials",
                "response": {"token_type": "Bearer", "expires_in": 86_399, "access_token": f"{TOKEN}{number:08}"}})
        random.shuffle(self.wishes)
        self.http, self.place = http, 0

    def block(self, count, batch=100):
        batches = []
        begin = time.perf_counter()
        for _ in range(count // batch):
            start = time.perf_counter()
            for _ in range(batch):
                client, scope = self.wishes[self.place]
                self.place = (self.place + 1) % len(self.wishes)
                client.acquire_token_for_client(scope)
            batches.append((time.perf_counter() - start) * 1e9 / batch)
        assert self.http.calls == 0, "msal went to the authority"
        return {"batches": batches, "seconds": time.perf_counter() - begin}


class Cold:
    """Tokens that are not there yet, by certificate, on threads that share one pool of connections.

    The key is encrypted because msal reads such a key once for each object; a plain one it reads, and OpenSSL checks,
    anew for each signature, which takes most of its time.
    """

    def __init__(self, tenants, base, ca, certificate, key, passphrase, threads=16):
        http = requests.Session()
        http.verify, http.trust_env = ca, False
        http.mount("https://", requests.adapters.HTTPAdapter(pool_maxsize=threads))
        cache = msal.TokenCache()
        credential = {"private_key": key, "public_certificate": certificate, "passphrase": passphrase}
        self.apps = [app(tenant, cache, http, credential, base) for tenant in tenants]
        self.pool = ThreadPoolExecutor(threads)

    def block(self, count):
        some, self.apps = self.apps[:count], self.apps[count:]
        begin = time.perf_counter()
        for reply in self.pool.map(lambda one: one.acquire_token_for_client(GRAPH), some):
            assert "access_token" in reply, reply
        return time.perf_counter() - begin


def lives(tenants, seconds, random, threads=64):
    """The 300 seconds on top are those by which msal calls a token expired."""
    http = Authority(life=302, usable=2, delay=0.02)
    cache = msal.TokenCache()
    apps = [app(tenant, cache, http) for tenant in tenants]
    end = time.monotonic() + seconds
    asked = []

    def ask(_):
        count = 0
        while time.monotonic() < end:
            assert "access_token" in random.choice(apps).acquire_token_for_client(GRAPH)
            count += 1
        asked.append(count)

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(ask, range(threads)))
    return {"asked": sum(asked), "calls": http.calls, "lives": http.lives}


def signatures(multi, seconds=1):
    """RSA-2048 signatures a second by `openssl speed`, on so many processes."""
    text = subprocess.run(["openssl", "speed", "-seconds", str(seconds), *(["-multi", str(multi)] if multi > 1 else []),
                           "rsa2048"], check=True, capture_output=True, text=True).stdout
    return float(re.search(r"rsa 2048 bits +\S+ +\S+ +([\d.]+)", text)[1])


def wrk(url, seconds, connections, script=()):
    text = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *script[:2], url,
                           *script[2:]], check=True, capture_output=True, text=True).stdout
    assert "Non-2xx" not in text and "Socket errors" not in text, text

    def milliseconds(share):
        value, unit = re.search(rf"{share}% +([\d.]+)(us|ms|s)", text).groups()
        return float(value) * {"us": 1e-3, "ms": 1, "s": 1e3}[unit]

    return float(re.search(r"Requests/sec: +([\d.]+)", text)[1]), milliseconds(50), milliseconds(99)
