"""Text logs that were packed with gzip."""

import zlib

END = ".gz"
MARK = b"\x1f\x8b"


def unpack_text(data: bytes, most: int) -> tuple[bytes, bool]:
    """What is packed in `data`, and whether it is whole: neither cut, nor damaged, nor longer than `most`.

    Of what is not whole the beginning comes back, at most `most` bytes and one. A log that was packed piece
    by piece holds several members.
    """
    found = bytearray()
    while data:
        member = zlib.decompressobj(zlib.MAX_WBITS | 16)
        try:
            found += member.decompress(data, most + 1 - len(found))
        except zlib.error:
            return bytes(found), False
        if len(found) > most or not member.eof:
            return bytes(found), False
        data = member.unused_data
    return bytes(found), True
