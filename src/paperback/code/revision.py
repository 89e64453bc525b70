"""The source code of an earlier revision, read from git's objects; nothing of the repository is run."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from paperback.code.parse import LARGEST_FILE, LARGEST_NOTEBOOK
from paperback.code.walk import SUFFIXES
from paperback.errors import ReadError

_TIMEOUT = 60.0
_HASH = re.compile(r"[0-9a-f]{40}([0-9a-f]{24})?")
# What the repository's configuration could start is switched off, and so is every way to another machine:
# a partial clone would otherwise fetch what it lacks.
_SAFE = (
    "core.fsmonitor=", f"core.hooksPath={os.devnull}", "core.pager=cat", "core.sshCommand=false",
    "core.gitProxy=", "credential.helper=", "protocol.allow=never", "safe.directory=*",
    "gc.auto=0", "maintenance.auto=false",
)  # fmt: skip
_ENVIRONMENT = {
    "PATH": os.defpath, "HOME": os.devnull, "LC_ALL": "C", "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull, "GIT_ATTR_NOSYSTEM": "1", "GIT_TERMINAL_PROMPT": "0",
    "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_REPLACE_OBJECTS": "1",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Revision:
    """A commit of the repository.

    Attributes:
        written: As the author named it: `HEAD~3`, `v1.0`.
        commit: Its whole hash.
    """

    written: str
    commit: str

    @property
    def short(self) -> str:
        """The first seven digits of the hash."""
        return self.commit[:7]


def find_revision(root: Path, written: str) -> Revision:
    """The commit that `written` names in the git repository around `root`.

    Raises:
        ReadError: There is no git on this machine, `root` is in no git repository, or no such revision
            exists.
    """
    if not written.strip() or written.startswith("-") or not written.isprintable():
        raise ReadError(f"{written!r} is no git revision", mend="Name a commit, a tag or a branch.")
    inside = _git(root, "rev-parse", "--is-inside-work-tree", "--is-shallow-repository")
    if inside.returncode:
        raise ReadError(
            f"{root} is in no git repository, so it has no revision {written!r}",
            mend="Leave --base out, or run it where the history is.",
        )
    found = _git(root, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{written}^{{commit}}")
    commit = found.stdout.decode("ascii", "replace").strip()
    if found.returncode or not _HASH.fullmatch(commit):
        raise _unknown(root, written, shallow=inside.stdout.split()[-1:] == [b"true"])
    return Revision(written, commit)


def _unknown(root: Path, written: str, *, shallow: bool) -> ReadError:
    if shallow:
        return ReadError(
            f"the git repository of {root} has no revision {written!r}; it is a shallow clone",
            mend="Fetch the whole history with git fetch --unshallow, then try again.",
        )
    return ReadError(
        f"the git repository of {root} has no revision {written!r}",
        mend="Name a commit, a tag or a branch; git log --oneline lists commits.",
    )


def write_sources(root: Path, revision: Revision, folder: Path) -> int:
    """How many source files the revision has below `root`; they stand in `folder` then, at the same paths.

    Links, submodules and files too large to be read are left out.

    Raises:
        ReadError: The revision's objects are not all here, or it has no source file below `root`.
    """
    listed = _git(root, "ls-tree", "-r", "-z", "-l", revision.commit)
    if listed.returncode:
        raise _incomplete(root, revision)
    wanted = list(_sources(listed.stdout))
    if not wanted:
        raise ReadError(
            f"revision {revision.written!r} ({revision.short}) has no Python file below {root}",
            mend="Name a later revision.",
        )
    done = _git(root, "cat-file", "--batch", given="".join(f"{name}\n" for name, _ in wanted).encode())
    contents = _contents(done.stdout, len(wanted))
    if done.returncode or contents is None:
        raise _incomplete(root, revision)
    try:
        for (_, path), data in zip(wanted, contents, strict=True):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
    except OSError as error:
        raise ReadError(f"revision {revision.written!r} ({revision.short}) was not read: {error}") from error
    return len(wanted)


def _incomplete(root: Path, revision: Revision) -> ReadError:
    return ReadError(
        f"revision {revision.written!r} ({revision.short}) is not whole in the git repository of {root}",
        mend="Fetch its objects first: in a partial clone, git checks them out with git worktree add.",
    )


def _sources(listing: bytes) -> Iterator[tuple[str, str]]:
    """Object name and path of each source file of `ls-tree -z -l`."""
    for entry in listing.split(b"\0"):
        head, _, raw = entry.partition(b"\t")
        fields = head.split()
        path = os.fsdecode(raw)
        # A link's content is a path, a submodule has none.
        if len(fields) != 4 or not fields[0].startswith(b"100") or not path.endswith(SUFFIXES):
            continue
        limit = LARGEST_NOTEBOOK if path.endswith(".ipynb") else LARGEST_FILE
        if fields[3].isdigit() and int(fields[3]) <= limit and _stays_inside(path):
            yield fields[2].decode("ascii"), path


def _stays_inside(path: str) -> bool:
    # Git checks this when it writes a work tree; here a hostile tree is read as it is.
    return (
        not path.startswith("/") and not {"", ".", "..", ".git"} & set(path.split("/")) and "\\" not in path
    )


def _contents(answer: bytes, count: int) -> list[bytes] | None:
    """The objects in the answer of `cat-file --batch`; None where one is missing."""
    found: list[bytes] = []
    at = 0
    while len(found) < count:
        end = answer.find(b"\n", at)
        fields = answer[at:end].split() if end >= 0 else []
        if len(fields) != 3 or fields[1] != b"blob":
            return None
        size = int(fields[2])
        found.append(answer[end + 1 : end + 1 + size])
        at = end + 1 + size + 1
    return found


def _git(root: Path, *arguments: str, given: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    program = shutil.which("git")
    if program is None:
        raise ReadError("there is no git on this machine to read a revision with", mend="Install git.")
    options = [part for setting in _SAFE for part in ("-c", setting)]
    command = [program, "--no-pager", "--literal-pathspecs", *options, *arguments]
    try:
        return subprocess.run(
            command,
            input=given,
            capture_output=True,
            check=False,
            cwd=root,
            env=_ENVIRONMENT,
            timeout=_TIMEOUT,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ReadError(f"git could not be asked about {root}: {error}", mend="Try git log there.") from error
