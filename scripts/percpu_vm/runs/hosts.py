# SPDX-License-Identifier: GPL-2.0-only
"""`make check-hosts`: the two commands on machines that newcomers have.

Each try starts from nothing: a chroot with git and make, a clone of this tree's commit,
an empty cache. What the machines are, tests/hosts/hosts.toml says.
"""

from __future__ import annotations

import json
import os
import re
import tempfile
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ..fetch import apt, aptconfig
from ..host import hostpackages, paths
from ..host.chroot import Chroot
from ..host.command import run as run_tool
from ..host.errors import EXIT_FAILURE, EXIT_INFRASTRUCTURE, EXIT_USAGE, ScopeError
from ..host.locks import write_atomically
from ..model.tables import Table, read_toml

HOSTS = paths.REPOSITORY / "tests" / "hosts" / "hosts.toml"
FOLDER = paths.BUILD / "hosts"
_PACKAGES = ("git", "make", "ca-certificates")
_SUM = re.compile(r"^\d+ passed, \d+ failed, \d+ skipped$", re.MULTILINE)
_TOLD_LINES = 40


@dataclass(frozen=True)
class Host:
    name: str
    suite: str
    user: str
    commands: tuple[str, ...]


@dataclass(frozen=True)
class Tried:
    """One command on one host; `told` is what it ended with."""

    host: str
    command: str
    seconds: float
    passed: bool
    told: str


def parse(origin: str, text: str) -> list[Host]:
    top = Table(origin, "", read_toml(origin, text))
    found = []
    for row in top.tables("host"):
        host = Host(
            row.take("name", str), row.take("suite", str), row.take("user", str), row.strings("commands")
        )
        row.done()
        found.append(host)
    top.done()
    return found


def choose(hosts: Sequence[Host], names: Sequence[str], commands: Sequence[str]) -> list[Host]:
    """The hosts named, or all; of their commands those that are wanted, or all."""
    known = {host.name: host for host in hosts}
    for name in names:
        if name not in known:
            raise ScopeError(f"no host is called {name!r}. There are: {', '.join(known)}", EXIT_USAGE)
    chosen = [known[name] for name in names] or list(hosts)
    for command in commands:
        for host in chosen:
            if command not in host.commands:
                raise ScopeError(f"{host.name} has no command {command!r}", EXIT_USAGE)
    return [
        Host(h.name, h.suite, h.user, tuple(c for c in h.commands if not commands or c in commands))
        for h in chosen
    ]


def _prepare(host: Host, chroot: Chroot) -> Path:
    """The machine with a clone on it; returns the clone's place within."""
    network = aptconfig.of_the_host(run_tool(["apt-config", "dump"]))
    packages = [*_PACKAGES, *(["sudo"] if host.user != "root" else [])]
    chroot.make(host.suite, apt.sources(host.suite)[0].uri, packages, network)
    if host.user != "root":
        chroot.add_user(host.user)
    clone = chroot.home(host.user) / "percpu-scope"
    # A copy of the objects, since the chroot cannot see this clone.
    outside = chroot.root / clone.relative_to("/")
    run_tool(["git", "clone", "--quiet", "--no-hardlinks", paths.REPOSITORY, outside])
    commit = run_tool(["git", "-C", paths.REPOSITORY, "rev-parse", "HEAD"]).strip()
    run_tool(["git", "-C", outside, "checkout", "--quiet", "--detach", commit])
    chroot.run(f"chown -R {host.user}: {clone}")
    return clone


def _try(host: Host, chroot: Chroot, clone: Path) -> list[Tried]:
    found = []
    for command in host.commands:
        log = FOLDER / f"{host.name}.{command}.log"
        started = time.monotonic()
        status = chroot.log(f"cd {clone} && make {command}", host.user, log)
        seconds = time.monotonic() - started
        text = log.read_text(encoding="utf-8", errors="replace")
        sums = _SUM.findall(text)
        lines = text.rstrip().splitlines()
        told = sums[-1] if sums else (lines[-1] if lines else "")
        found.append(Tried(host.name, command, round(seconds, 1), status == 0, told))
        print(_line(found[-1]), flush=True)
        if status:
            # Those of `make check` as they are, so that whoever reads the end finds them.
            failures = [line for line in lines if line.startswith("failed: ")]
            shown = [*(f"    {line}" for line in lines[-_TOLD_LINES:]), *failures]
            print("\n".join(shown), flush=True)
    return found


def _line(tried: Tried) -> str:
    verdict = "PASS" if tried.passed else "FAIL"
    return f"{tried.host:<16} make {tried.command:<7} {tried.seconds:>7.0f} s  {verdict}  {tried.told}"


def run(names: Sequence[str], commands: Sequence[str]) -> int:
    hosts = choose(parse(HOSTS.name, HOSTS.read_text(encoding="utf-8")), names, commands)
    if os.geteuid() != 0:
        raise ScopeError("only root may make such machines: sudo make check-hosts", EXIT_USAGE)
    hostpackages.install(["hosts"])
    FOLDER.mkdir(parents=True, exist_ok=True)
    for older in FOLDER.iterdir():
        older.unlink()
    tried: list[Tried] = []
    # Not below build/: a clone within a clone finds the outer one's git.
    with tempfile.TemporaryDirectory(prefix="percpu-scope-hosts.", dir="/var/tmp") as folder:
        for host in hosts:
            print(f"== {host.name}: Debian {host.suite}, as {host.user}", flush=True)
            chroot = Chroot(Path(folder) / host.name)
            try:
                tried += _try(host, chroot, _prepare(host, chroot))
            except ScopeError as error:
                done = {one.command for one in tried if one.host == host.name}
                left = [command for command in host.commands if command not in done]
                tried += [Tried(host.name, command, 0.0, False, "not tried") for command in left]
                print(f"{error}", flush=True)
            finally:
                chroot.remove()
            document = [asdict(one) for one in tried]
            write_atomically(FOLDER / "hosts.json", json.dumps(document, indent=2) + "\n")
    print()
    for one in tried:
        print(_line(one))
    for one in tried:
        if not one.passed:
            print(f"failed: {one.host}: make {one.command}: {one.told}")
    good = sum(one.passed for one in tried)
    print(f"{good} passed, {len(tried) - good} failed, 0 skipped")
    if not tried:
        return EXIT_INFRASTRUCTURE
    return 0 if good == len(tried) else EXIT_FAILURE
