# SPDX-License-Identifier: GPL-2.0-only
"""A machine of another release in a folder: made by debootstrap, entered for one command.

Its mounts and processes live in namespaces of their own, so that nothing of them is left
however the command ends. Needs root.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from .command import ENVIRONMENT, run
from .errors import ScopeError

_BOOTSTRAP_SECONDS = 900
# In the new namespaces, before the command: $0 is the folder.
_MOUNTS = """
mount --make-rprivate /
mount -t proc proc "$0/proc"
mount --rbind /dev "$0/dev"
exec chroot "$0" "$@"
"""


class Chroot:
    def __init__(self, root: Path) -> None:
        self.root = root

    def make(self, suite: str, mirror: str, packages: Sequence[str], apt_lines: Sequence[str]) -> None:
        """A minimal Debian with some packages more; `apt_lines` say how to reach its mirror."""
        self.root.mkdir(parents=True)
        run(
            [
                "debootstrap",
                "--variant=minbase",
                f"--include={','.join(packages)}",
                suite,
                self.root,
                mirror,
            ],
            timeout=_BOOTSTRAP_SECONDS,
        )
        (self.root / "etc/apt/apt.conf.d/90network").write_text(
            "".join(f"{line}\n" for line in apt_lines), encoding="utf-8"
        )
        for name in ("resolv.conf", "hosts"):
            if Path("/etc", name).is_file():
                shutil.copy(Path("/etc", name), self.root / "etc" / name)

    def _words(self, command: str, user: str) -> list[str | Path]:
        # As after a login: nothing of this program's environment.
        login = ["su", "--login", user, "--shell", "/bin/bash", "--command", command]
        namespaces = ["unshare", "--mount", "--pid", "--fork", "--kill-child"]
        return [*namespaces, "sh", "-ec", _MOUNTS, self.root, *login]

    def run(self, command: str, user: str = "root") -> str:
        """What a shell command printed; an error with its message if it fails."""
        return run(self._words(command, user))

    def log(self, command: str, user: str, log: Path) -> int:
        """The exit status of a shell command, whose output goes to a file."""
        with open(log, "w", encoding="utf-8") as stream:
            done = subprocess.run(
                self._words(command, user),
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=subprocess.STDOUT,
                env=ENVIRONMENT,
                check=False,
            )
        return done.returncode

    def add_user(self, name: str) -> None:
        """Somebody who may do as root, and is not asked for a password."""
        self.run(f"useradd --create-home --shell /bin/bash {name}")
        (self.root / "etc/sudoers.d").mkdir(exist_ok=True)
        (self.root / "etc/sudoers.d" / name).write_text(
            f"{name} ALL=(ALL) NOPASSWD: ALL\n", encoding="utf-8"
        )

    def home(self, user: str) -> Path:
        """A user's folder, as a path within."""
        return Path("/root") if user == "root" else Path("/home") / user

    def remove(self) -> None:
        # What is mounted below would be emptied, too.
        mounts = Path("/proc/self/mounts").read_text(encoding="utf-8")
        if f" {self.root}/" in mounts:
            raise ScopeError(f"{self.root} has something mounted below it, and stays")
        shutil.rmtree(self.root, ignore_errors=True)
