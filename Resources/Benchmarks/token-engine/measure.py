#!/usr/bin/env python3
"""Measures the token engine beside its peers, and prints a table in Markdown for each part.

    measure.py BIN [all | a b c d e f] [--quick] [--build release]

BIN is where `tenantry` and `token-bench` were built. Blocks of ours and of the peers' take turns; a figure is the
median of its blocks, and a ratio the median of the ratios of neighbouring blocks. Everything that is made is removed.
"""

import argparse
import contextlib
import datetime
import http.client
import json
import os
import platform
import random
import shutil
import sqlite3
import ssl
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import uuid
from pathlib import Path

import msal
import peers

HERE = Path(__file__).parent
TICK = os.sysconf("SC_CLK_TCK")
median = statistics.median


def tenant_id(number):
    """The same as Engine.tenant in Swift says: spread over all ids."""
    return str(uuid.UUID(int=(number + 1) * 0x9E3779B97F4A7C15F39CC0605CEDC835 % (1 << 128)))


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def resident(pid):
    """Bytes."""
    return next(int(line.split()[1]) << 10 for line in open(f"/proc/{pid}/status") if line.startswith("VmRSS"))


def cpu_seconds(pid):
    return sum(map(int, open(f"/proc/{pid}/stat").read().rsplit(")", 1)[1].split()[11:13])) / TICK


class Process:
    """A program that says a line of JSON when it is ready, and one for each line it is told."""

    def __init__(self, *words, environment=None, quiet=False):
        self.process = subprocess.Popen(list(map(str, words)), env=environment, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL if quiet else None)
        self.pid = self.process.pid
        self.ready = self._line()

    def _line(self):
        line = self.process.stdout.readline()
        assert line, f"{self.process.args} ended"
        return json.loads(line)

    def block(self, count, mode=""):
        self.process.stdin.write(f"{count} {mode}\n")
        self.process.stdin.flush()
        return self._line()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(30)
        except subprocess.TimeoutExpired:
            self.process.terminate()
            self.process.wait()


class Bench:
    def __init__(self, wish):
        self.quick, self.build = wish.quick, wish.build
        self.tenantry, self.program = wish.bin / "tenantry", wish.bin / "token-bench"
        self.here = Path(tempfile.mkdtemp(prefix="tn-bench-", dir="/tmp"))

    def size(self, full, quick):
        return quick if self.quick else full

    def environment(self, data, **settings):
        clean = {k: v for k, v in os.environ.items() if not k.startswith("TENANTRY_")}
        return clean | {"TENANTRY_DATA": str(data)} | settings

    def command(self, data, *words, text=None):
        return subprocess.run([self.tenantry, *words], env=self.environment(data), input=text, text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    def directory(self, name, tenants=0, credential=("--secret-file", "-")):
        """A data directory whose tenants have proven their consent."""
        data = self.here / name
        self.command(data, "init")
        self.command(data, "app", "add", "fleet", "--client-id", peers.CLIENT, "--redirect-uri",
                     "https://isv.example/consent/callback", "--permission", "User.Read.All", *credential,
                     text="a-secret-for-nothing")
        if tenants:
            db = sqlite3.connect(data / "tenantry.db", isolation_level=None)
            db.execute("BEGIN")
            now = int(time.time() * 1000)
            db.executemany("INSERT INTO tenant (id, cloud, name, tags, added_at) VALUES (?, 'public', ?, '', ?)",
                           ((tenant_id(n), f"Customer {n}", now) for n in range(tenants)))
            db.executemany("INSERT INTO connection (app, tenant, state, since, release, epoch) "
                           "VALUES ('fleet', ?, 'granted', ?, 1, 1)", ((tenant_id(n), now) for n in range(tenants)))
            db.execute("COMMIT")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            db.close()
        return data

    def run(self, part, *words):
        return Process(self.program, part, *words)

    @contextlib.contextmanager
    def authority(self):
        """The stub over TLS: its process, its origin, its certificate."""
        certificate, key = self.here / "tls.pem", self.here / "tls.key"
        subprocess.run(
            ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-keyout", key, "-out", certificate],
            check=True, capture_output=True)
        with self.run("authority", "--certificate", certificate, "--key", key) as stub:
            yield stub, f"https://localhost:{stub.ready['port']}", certificate

    @contextlib.contextmanager
    def service(self, data, **settings):
        """`tenantry serve` on the directory; its process and a connection to its API."""
        with Process(self.tenantry, "serve", "--public", "127.0.0.1:0", "--api", "127.0.0.1:0",
                     environment=self.environment(data, **settings), quiet=True) as service:
            try:
                api = urllib.parse.urlparse(service.ready["api"])
                yield service, http.client.HTTPConnection(api.hostname, api.port)
            finally:
                service.process.terminate()

    # The parts.

    def hits(self, title, ours, theirs):
        """ours: name and words of `token-bench hits`; theirs: name and a peers.Hits."""
        rounds, hits, msal_hits = self.size((9, 300_000, 3_000), (3, 50_000, 500))
        with contextlib.ExitStack() as stack:
            workers = {}
            for name, words in ours:
                data = self.directory(f"hits-{len(os.listdir(self.here))}")
                workers[name] = stack.enter_context(self.run("hits", "--data", data, *words))
            blocks = {(name, mode): [] for name in workers for mode in ("one", "two", "bare")}
            blocks |= {(name, "msal"): [] for name, _ in theirs}
            for _ in range(rounds):
                for name, worker in workers.items():
                    for mode in ("one", "two", "bare"):
                        blocks[name, mode].append(worker.block(hits, mode))
                for name, peer in theirs:
                    blocks[name, "msal"].append(peer.block(msal_hits))
            first = next(iter(workers))
            base = self.medians(blocks[first, "one"])
            print(f"### {title}\n\n| | median ns | p99 ns | hits/s | two threads: median ns | hits/s | "
                  f"bare Dictionary ns | to it | to {first} | bytes/token resident |\n|{'---|' * 10}")
            for name, worker in workers.items():
                one, two, bare = (blocks[name, mode] for mode in ("one", "two", "bare"))
                to_bare = self.ratio(self.medians(one), self.medians(bare))
                print(f"| {name} | {self.median_of(one):.0f} | {self.p99(one):.0f} | {self.rate(one, hits):,.0f} | "
                      f"{self.median_of(two):.0f} | {self.rate(two, 2 * hits):,.0f} | {self.median_of(bare):.0f} | "
                      f"{to_bare:.2f} | {self.ratio(self.medians(one), base):.2f} | "
                      f"{worker.ready['bytesPerToken']:,.0f} |")
            times = {}
            for name, peer in theirs:
                # Beside ours of the same size, or the next larger one.
                beside = next(one for one, worker in workers.items() if worker.ready["tokens"] >= len(peer.wishes))
                blocks_of_it = blocks[name, "msal"]
                times[name] = self.ratio(self.medians(blocks_of_it), self.medians(blocks[beside, "one"]))
                print(f"| {name}: {beside} {times[name]:.0f} times as fast | {self.median_of(blocks_of_it):,.0f} | "
                      f"{self.p99(blocks_of_it):,.0f} | {self.rate(blocks_of_it, msal_hits):,.0f} | | | | | | |")
            last, worst = list(workers)[-1], max(self.median_of(blocks[name, "one"]) for name in workers)
            most = self.ratio(self.medians(blocks[theirs[-1][0], "msal"]), self.medians(blocks[last, "one"]))
            spread = max(self.ratio(self.medians(blocks[name, "one"]), base) for name in workers)
            print(f"\n{verdict(worst <= 1_000)} 1 µs at the median: {worst:.0f} ns at most. "
                  f"{verdict(min(times.values()) >= 20)} 20 times msal: {min(times.values()):.0f} times at least; "
                  f"{last}: {most:.0f} times {theirs[-1][0]}."
                  f" {verdict(spread <= 1.3)} flat within 30 %: {spread:.2f} times {first} at most.\n")

    @staticmethod
    def medians(blocks):
        return [median(block["batches"]) for block in blocks]

    def median_of(self, blocks):
        return median(self.medians(blocks))

    @staticmethod
    def p99(blocks):
        return percentile([time for block in blocks for time in block["batches"]], 0.99)

    @staticmethod
    def rate(blocks, hits):
        return median(hits / block["seconds"] for block in blocks)

    @staticmethod
    def ratio(ours, theirs):
        return median(one / other for one, other in zip(ours, theirs))

    def a(self):
        sizes = self.size([1, 1_000, 10_000, 100_000, 1_000_000], [1, 500, 20_000])
        others = self.size([1, 1_000, 10_000], [1, 500])
        self.hits("a. A token in memory, one resource",
                  [(f"{size:,} tenant{'s' * (size > 1)}", ("--tenants", size)) for size in sizes],
                  [(f"msal, {size:,}", peers.Hits([tenant_id(n) for n in range(size)], random.Random(1)))
                   for size in others])

    def b(self):
        sizes, other = self.size(([10_000, 164_663], 10_000), ([500, 20_000], 500))
        self.hits("b. A token in memory, one tenant",
                  [(f"{size:,} resources", ("--tenants", 1, "--resources", size)) for size in sizes],
                  [(f"msal, {other:,}", peers.Hits([tenant_id(0)], random.Random(1), other))])

    def c(self):
        rounds, seconds, tenants, connections = self.size((7, 4), (2, 2)) + (1_000, 32)
        data = self.directory("http", tenants)
        names = self.here / "tenants"
        names.write_text("".join(tenant_id(n) + "\n" for n in range(tenants)))
        ours, bare = [], []
        with self.authority() as (_, origin, ca), self.service(
                data, TENANTRY_ENTRA_AUTHORITY=origin, TENANTRY_ENTRA_GRAPH=origin,
                TENANTRY_ENTRA_CA_FILE=str(ca), TENANTRY_TOKENS_REQUESTS_PER_SECOND="100000") as (service, connection):
            key = json.loads(self.command(data, "key", "create", "bench", "--role", "admin", "-o", "json"))["key"]
            for number in range(tenants):
                ask(connection, key, number)
            url = service.ready["api"].rstrip("/")
            for _ in range(rounds):
                ours.append(peers.wrk(url, seconds, connections, ("-s", str(HERE / "tokens.lua"), key, str(names))))
                bare.append(peers.wrk(url + "/livez", seconds, connections))
        share = self.ratio([one[0] for one in ours], [other[0] for other in bare])
        print("### c. A token in memory, over HTTP\n\n| | requests/s | p50 ms | p99 ms |\n|---|---|---|---|")
        for name, blocks in (("`POST /v1/tokens`, %s tenants" % f"{tenants:,}", ours), ("`GET /livez`", bare)):
            print(f"| {name} | {median(b[0] for b in blocks):,.0f} | {median(b[1] for b in blocks):.2f} | "
                  f"{median(b[2] for b in blocks):.2f} |")
        print(f"\n{verdict(share >= 0.8)} 80 % of the bare route: {share:.0%}. "
              f"wrk with one thread and {connections} connections on the same machine.\n")

    def d(self):
        rounds, block, other = self.size((5, 2_000, 100), (2, 200, 25))
        key, certificate = self.here / "app.key", self.here / "app.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=fleet",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        encrypted = subprocess.run(["openssl", "pkcs8", "-topk8", "-in", key, "-passout", "pass:msal"], check=True,
                                   capture_output=True, text=True).stdout
        both = self.here / "both.pem"
        both.write_text(certificate.read_text() + key.read_text())
        data = self.directory("cold", rounds * block, ("--certificate-file", str(both)))
        rows = []
        with self.authority() as (stub, origin, ca), self.run(
                "cold", "--data", data, "--authority", origin, "--ca", ca) as ours:
            theirs = peers.Cold([tenant_id(n) for n in range(rounds * other)], origin, str(ca),
                                certificate.read_text(), encrypted, "msal")
            for _ in range(rounds):
                before = cpu_seconds(stub.pid), cpu_seconds(ours.pid)
                seconds = ours.block(block)["seconds"]
                after = cpu_seconds(stub.pid), cpu_seconds(ours.pid)
                rows.append((block / seconds, other / theirs.block(other), peers.signatures(1), peers.signatures(2),
                             (after[0] - before[0]) / seconds, (after[1] - before[1]) / seconds))
        rate, msal_rate, one, two, stub_share, own_share = zip(*rows)
        print("### d. Cold: by certificate over TLS\n\n| | per second |\n|---|---|")
        print(f"| {rounds * block:,} tenants, 64 at a time | {median(rate):,.0f} |")
        print(f"| msal, {rounds * other} tenants, 16 threads, its objects made before | {median(msal_rate):,.0f} |")
        print(f"| `openssl speed rsa2048`, one process | {median(one):,.0f} |")
        print(f"| `openssl speed rsa2048`, two processes | {median(two):,.0f} |")
        share, times = self.ratio(rate, two), self.ratio(rate, msal_rate)
        print(f"\n{verdict(share >= 0.7)} 70 % of what the signatures alone allow: {share:.0%} of two processes, "
              f"{self.ratio(rate, one):.0%} of one. {verdict(times >= 5)} 5 times msal: {times:.1f} times. Cores in "
              f"use meanwhile: {median(own_share):.2f} by us, {median(stub_share):.2f} by the authority's stub, of the "
              f"same {os.cpu_count()}.\n")

    def e(self):
        count, blocks, restarts, other = self.size((1_000_000, 10, 3, 10_000), (50_000, 2, 1, 500))
        data = self.directory("rows", count)
        rate = []
        with self.run("store", "--data", data) as store:
            for _ in range(blocks):
                block = store.block(count // blocks)
                rate.append(count // blocks / block["seconds"])
                assert block["lost"] == 0, block
        key = json.loads(self.command(data, "key", "create", "bench", "--role", "admin", "-o", "json"))["key"]
        order = random.Random(2).sample(range(count), 1_000)
        rows = []
        for _ in range(restarts):
            begin = time.perf_counter()
            # An authority that nobody answers for: every token must come from the store.
            with self.service(data, TENANTRY_ENTRA_AUTHORITY="https://localhost:9", TENANTRY_ENTRA_GRAPH=
                              "https://localhost:9") as (service, connection):
                ready = time.perf_counter() - begin
                at_ready, spent = resident(service.pid), cpu_seconds(service.pid)
                for number in order:
                    ask(connection, key, number)
                rows.append((ready, time.perf_counter() - begin, cpu_seconds(service.pid) - spent, at_ready,
                             resident(service.pid)))
        ready, thousandth, spent, at_ready, after = map(median, zip(*rows))
        size = sum(file.stat().st_size for file in data.iterdir() if file.is_file())
        cache = msal.SerializableTokenCache()
        peers.Hits([tenant_id(n) for n in range(other)], random.Random(1), cache=cache)
        begin = time.perf_counter()
        text = cache.serialize()
        written = time.perf_counter() - begin
        begin = time.perf_counter()
        msal.SerializableTokenCache().deserialize(text)
        read = time.perf_counter() - begin
        print(f"### e. Persistence\n\n| | {count:,} tokens | msal, {other:,} tokens |\n|---|---|---|")
        print(f"| tokens/s written, each sealed | {median(rate):,.0f} | |")
        print(f"| one token more costs | {1e6 / median(rate):,.0f} µs | {written * 1e6:,.0f} µs (serialises all) |")
        print(f"| restart until ready | {ready * 1e3:,.0f} ms | {read * 1e3:,.0f} ms (deserialises all) |")
        print(f"| restart until the 1,000th token, one request at a time | {thousandth * 1e3:,.0f} ms | |")
        print(f"| of which the service computes | {spent * 1e3:,.0f} ms | |")
        print(f"| resident when ready | {at_ready / 1e6:,.0f} MB | |")
        print(f"| resident after 1,000 | {after / 1e6:,.0f} MB | |")
        print(f"| on disk, all files | {size / 1e6:,.0f} MB | {len(text) / 1e6:,.0f} MB |")
        print(f"\n{verdict(ready < 2)} ready in 2 s: {ready:.2f} s. The files were in the page cache.\n")

    def f(self):
        seconds, other = self.size((20, 10), (5, 4))
        tenants = 1_000
        data = self.directory("lives", tenants)
        with self.run("lives", "--data", data, "--tenants", tenants) as ours:
            block = ours.block(seconds)
        theirs = peers.lives([tenant_id(n) for n in range(tenants)], other, random.Random(3))
        print(f"### f. 64 tasks, {tenants:,} tenants, tokens that live two seconds\n\n"
              "| | asked | requests at the authority | lives | requests per key and life |\n|---|---|---|---|---|")
        for name, b in ((f"ours, {seconds} s", block), (f"msal, 64 threads, {other} s", theirs)):
            print(f"| {name} | {b['asked']:,} | {b['calls']:,} | {b['lives']:,} | {b['calls'] / b['lives']:.3f} |")
        ratio = block["calls"] / block["lives"]
        print(f"\n{verdict(ratio <= 1.05)} 1.05 per key and life: {ratio:.3f}. The authority answers after 20 ms.\n")


def ask(connection, key, number):
    connection.request("POST", "/v1/tokens",
                       body=json.dumps({"tenant": tenant_id(number), "resource": "https://graph.microsoft.com"}),
                       headers={"Authorization": f"Bearer {key}", "Content-Type": "application/json"})
    reply = connection.getresponse()
    body = reply.read()
    assert reply.status == 200, (number, reply.status, body)


def verdict(kept):
    return "Kept:" if kept else "MISSED:"


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    return (f"{os.cpu_count()} × {model}, load {os.getloadavg()[0]:.1f} at the start, Linux {platform.release()}, "
            f"SQLite {sqlite3.sqlite_version}, {' '.join(ssl.OPENSSL_VERSION.split()[:2])}, "
            f"msal {msal.__version__} on Python {platform.python_version()}")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("bin", type=Path)
    parser.add_argument("parts", nargs="*", metavar="PART", help="a to f; all of them when none is named")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--build", default="release")
    wish = parser.parse_intermixed_args()
    parts = wish.parts if wish.parts and "all" not in wish.parts else list("abcdef")
    if unknown := set(parts) - set("abcdef"):
        parser.error(f"there is no part {', '.join(sorted(unknown))}; they are a, b, c, d, e, f and all")
    print(f"{wish.build} build{', quick' * wish.quick}, {machine()}, {datetime.date.today()}\n", flush=True)
    bench = Bench(wish)
    try:
        for part in parts:
            getattr(bench, part)()
            print(end="", flush=True)
    finally:
        shutil.rmtree(bench.here, ignore_errors=True)


if __name__ == "__main__":
    main()
