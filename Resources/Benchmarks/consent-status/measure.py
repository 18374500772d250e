#!/usr/bin/env python3
"""Measures the consent status of a large fleet over the real REST API, beside the bare SELECTs of the same rows.

    measure.py TENANTRY [--tenants 50000] [--requests 200] [--build release]

Fills a data directory of its own, starts the service on it, asks, prints a table in Markdown, and removes everything.
The bare side is Python's sqlite3 on the same file in the same run: the rows of a page and nothing done with them.
"""

import argparse
import base64
import datetime
import http.client
import json
import os
import platform
import shutil
import sqlite3
import statistics
import subprocess
import tempfile
import time
import urllib.parse
import uuid

APP = "fleet"
GRAPH = "https://graph.microsoft.com"
ROLES = ["User.Read.All", "Group.Read.All", "Organization.Read.All"]
PAGE = 100


def tenant_id(number):
    # Spread over the whole range of ids, as real ones are; the order of numbers is not that of ids.
    return str(uuid.UUID(int=(number * 0x9E3779B97F4A7C15F39CC0605CEDC835) % (1 << 128) | 1))


def fill(path, count):
    """Tenants with tags, names, connections in all states, grants and evidence. The service is not running."""
    db = sqlite3.connect(path + "/tenantry.db", isolation_level=None)
    db.execute("PRAGMA foreign_keys = ON")
    db.execute("BEGIN")
    now = int(time.time() * 1000)
    db.execute("INSERT INTO app_release (app, number, created_at, published_at) VALUES (?, 2, ?, ?)", (APP, now, now))
    for position, role in enumerate(ROLES):
        db.execute("INSERT INTO app_permission VALUES (?, 2, ?, ?, ?, 'For the fleet.')", (APP, position, GRAPH, role))
    for number in range(count):
        tenant = tenant_id(number)
        tags = {"plan": ["trial", "silver", "gold"][number % 3]}
        tags["ring"] = "canary" if number % 20 == 0 else "early" if number % 20 < 4 else "broad"
        if number % 2500 == 7:
            tags["pilot"] = "yes"
        text = " ".join(f"{key}={value}" for key, value in sorted(tags.items()))
        db.execute(
            "INSERT INTO tenant (id, cloud, name, domain, tags, added_at) VALUES (?, 'public', ?, ?, ?, ?)",
            (tenant, f"Customer {number}", f"customer{number}.example", text, now - number))
        db.executemany("INSERT INTO tenant_tag (tenant, key, value) VALUES (?, ?, ?)",
                       [(tenant, key, value) for key, value in tags.items()])
        if number % 10 == 9:
            continue  # nothing has happened to it yet
        state = ["granted"] * 6 + ["behind", "invited", "denied"]
        state = "conflict" if number % 500 == 11 else state[number % 10]
        proven = state in ("granted", "behind")
        release = (2 if state == "granted" else 1) if proven else None
        note = None if state in ("granted", "invited") else (state, f"It is {state}.", "customer_admin")
        db.execute(
            "INSERT INTO connection (app, tenant, state, since, release, epoch, note_code, note_detail, note_who) "
            "VALUES (?, ?, ?, ?, ?, 1, ?, ?, ?)", (APP, tenant, state, now, release, *(note or (None, None, None))))
        if proven:
            db.executemany("INSERT INTO connection_grant VALUES (?, ?, ?, ?, ?)",
                           [(APP, tenant, GRAPH, role, now) for role in ROLES[:release + 1]])
        db.executemany("INSERT INTO evidence VALUES (?, ?, ?, 1, 'It was seen.', ?)",
                       [(APP, tenant, kind, now) for kind in ("state_matched", "tenant_pinned", "token", "roles")])
    db.execute("COMMIT")
    ids = [row[0] for row in db.execute("SELECT id FROM tenant ORDER BY id")]
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
    return ids


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def timed(count, body):
    for _ in range(max(5, count // 10)):
        body()
    times = []
    for _ in range(count):
        start = time.perf_counter()
        body()
        times.append((time.perf_counter() - start) * 1000)
    return times


def cursor(after):
    return "&cursor=" + base64.urlsafe_b64encode(after.encode()).decode().rstrip("=") if after else ""


ROWS = ("SELECT tenant.*, connection.* FROM tenant LEFT JOIN connection ON connection.app = ? AND "
        "connection.tenant = tenant.id WHERE tenant.cloud = 'public' AND tenant.id > ? {} ORDER BY tenant.id LIMIT 100")


def bare_page(db, after, condition=""):
    rows = db.execute(ROWS.format(condition), (APP, after)).fetchall()
    if rows:
        ids = json.dumps([row[0] for row in rows])
        db.execute("SELECT * FROM connection_grant WHERE app = ? AND tenant IN (SELECT value FROM json_each(?))",
                   (APP, ids)).fetchall()
        db.execute("SELECT tenant, max(seen_at) FROM evidence WHERE app = ? AND tenant IN "
                   "(SELECT value FROM json_each(?)) GROUP BY tenant", (APP, ids)).fetchall()
    return rows


def bare_summary(db):
    return (db.execute("SELECT state, release, note_who, count(*) FROM connection WHERE app = ? GROUP BY 1, 2, 3",
                       (APP,)).fetchall(), db.execute("SELECT count(*) FROM tenant WHERE cloud = 'public'").fetchall())


def tag(key, value):
    return f"AND EXISTS (SELECT 1 FROM tenant_tag t WHERE t.tenant = tenant.id AND t.key = '{key}' AND t.value {value})"


def cases(ids, count):
    """Name, path, the bare SELECT of the same rows."""
    quote = urllib.parse.quote
    middle, last = ids[len(ids) // 2], ids[-PAGE - 1]
    rare = "AND tenant.id IN (SELECT tenant FROM tenant_tag WHERE key = 'pilot' AND value = 'yes')"
    late = int(count * 0.9) + 3
    return [
        ("first page", "/v1/consent?limit=100", lambda db: bare_page(db, "")),
        ("middle page", "/v1/consent?limit=100" + cursor(middle), lambda db: bare_page(db, middle)),
        ("last page", "/v1/consent?limit=100" + cursor(last), lambda db: bare_page(db, last)),
        ("tenants, middle page", "/v1/tenants?limit=100" + cursor(middle),
         lambda db: db.execute("SELECT * FROM tenant WHERE id > ? ORDER BY id LIMIT 100", (middle,)).fetchall()),
        ("`pilot=yes`", "/v1/consent?limit=100&selector=" + quote("pilot=yes"),
         lambda db: bare_page(db, "", rare)),
        ("`ring=canary,plan!=trial`", "/v1/consent?limit=100&selector=" + quote("ring=canary,plan!=trial"),
         lambda db: bare_page(db, "", tag("ring", "= 'canary'") + tag("plan", "<> 'trial'"))),
        ("`ring=broad,ring=early`", "/v1/consent?limit=100&selector=" + quote("ring=broad,ring=early"),
         lambda db: bare_page(db, "", tag("ring", "= 'broad'") + tag("ring", "= 'early'"))),
        ("`state=conflict`", "/v1/consent?limit=100&state=conflict",
         lambda db: bare_page(db, "", "AND connection.state = 'conflict'")),
        ("`who_must_act=customer_admin`, middle", "/v1/consent?limit=100&who_must_act=customer_admin" + cursor(middle),
         lambda db: bare_page(db, middle, "AND connection.note_who = 'customer_admin'")),
        (f"`q=customer{late}`", f"/v1/consent?limit=100&q=customer{late}",
         lambda db: bare_page(db, "", f"AND (tenant.name LIKE '%customer{late}%' OR tenant.domain LIKE "
                                      f"'%customer{late}%')")),
        ("summary", "/v1/consent/summary", bare_summary),
    ]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("tenantry")
    parser.add_argument("--tenants", type=int, default=50_000)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--build", default="release")
    wish = parser.parse_args()
    here = tempfile.mkdtemp(prefix="tn-bench-", dir="/tmp")
    data = here + "/d"
    environment = {k: v for k, v in os.environ.items() if not k.startswith("TENANTRY_")} | {"TENANTRY_DATA": data}

    def tenantry(*words, text=None):
        return subprocess.run([wish.tenantry, *words], env=environment, input=text, text=True, check=True,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE).stdout

    service = None
    try:
        tenantry("init")
        permissions = [word for role in ROLES for word in ("--permission", role)]
        tenantry("app", "add", APP, "--client-id", "6f1b7a52-9a1d-4d0c-8a3b-1c2d3e4f5a6b", "--secret-file", "-",
                 "--redirect-uri", "https://isv.example/consent/callback", *permissions, text="a-secret-for-nothing")
        start = time.perf_counter()
        ids = fill(data, wish.tenants)
        filled = time.perf_counter() - start
        service = subprocess.Popen([wish.tenantry, "serve", "--public", "127.0.0.1:0", "--api", "127.0.0.1:0"],
                                   env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        api = urllib.parse.urlparse(json.loads(service.stdout.readline())["api"])
        key = json.loads(tenantry("key", "create", "bench", "--role", "viewer", "-o", "json"))["key"]
        connection = http.client.HTTPConnection(api.hostname, api.port)

        def get(path):
            connection.request("GET", path, headers={"Authorization": f"Bearer {key}"})
            reply = connection.getresponse()
            body = reply.read()
            assert reply.status == 200, (path, reply.status, body)
            return body

        db = sqlite3.connect(f"file:{data}/tenantry.db?mode=ro", uri=True)
        print(f"{wish.tenants} tenants (filled in {filled:.0f} s), {wish.requests} requests a line, {wish.build} build, "
              f"{machine()}, {datetime.date.today()}\n")
        print("| | rows | API p50 ms | API p99 ms | bare p50 ms | bare p99 ms |")
        print("|---|---|---|---|---|---|")
        slowest = 0
        for name, path, bare in cases(ids, wish.tenants):
            found = json.loads(get(path))
            rows = len(found["items"]) if "items" in found else found["apps"][0]["tenants"]
            ours, theirs = timed(wish.requests, lambda: get(path)), timed(wish.requests, lambda: bare(db))
            slowest = max(slowest, percentile(ours, 0.99))
            print(f"| {name} | {rows} | {statistics.median(ours):.1f} | {percentile(ours, 0.99):.1f} | "
                  f"{statistics.median(theirs):.1f} | {percentile(theirs, 0.99):.1f} |", flush=True)
        print(f"\nSlowest p99: {slowest:.1f} ms; the promise is 50 ms: {'kept' if slowest < 50 else 'BROKEN'}.")
    finally:
        if service:
            service.terminate()
            service.wait()
        shutil.rmtree(here, ignore_errors=True)


def machine():
    model = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")),
                 platform.machine())
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {model}, load {load:.1f} at the start, SQLite {sqlite3.sqlite_version}"


if __name__ == "__main__":
    main()
