"""The bundled example: a real study with code, logs, notes and bibliography."""

import shutil
from pathlib import Path

from paperback.errors import PaperbackError, ReadError

_INSTALLED = Path(__file__).parent / "_example"
_CHECKOUT = Path(__file__).parents[2] / "examples" / "thresholds"


def copy_example(folder: Path) -> None:
    """Copies the bundled example into `folder`, which must be new or empty.

    Raises:
        PaperbackError: `folder` holds something, or cannot be written.
        ReadError: This installation lacks the example.
    """
    source = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    if not source.is_dir():
        raise ReadError("this installation has no bundled example", mend="Install Paperback again.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise PaperbackError(
            f"{folder} is not empty",
            mend=f"Name a new folder, or build what is there: paperback build {folder}",
        )
    try:
        shutil.copytree(
            source, folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("paper", "__pycache__")
        )
    except OSError as error:
        raise PaperbackError(f"{folder} cannot be written: {error}", mend="Choose another folder.") from error
