"""Members of a zip archive, within a limit."""

import io
import zipfile
import zlib
from collections.abc import Sequence

_MOST = 64 * 2**20


def members(data: bytes, names: Sequence[str]) -> dict[str, bytes]:
    """The content of the named members that are in the archive.

    Raises:
        ValueError: It is no whole archive, or a member would take more than 64 MiB.
    """
    found = {}
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for item in archive.infolist():
                if item.filename not in names:
                    continue
                if item.file_size > _MOST:
                    raise ValueError(f"{item.filename} would take {item.file_size} bytes")
                with archive.open(item) as stream:
                    found[item.filename] = stream.read(_MOST)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, zlib.error) as error:
        raise ValueError(str(error)) from error
    return found
