"""Image format of a file, from its first bytes.

The converter uses the same signatures in its own process; here they decide how a file is passed to it.
"""

from __future__ import annotations

#: The kinds that the converter reads, with the suffix that it expects of each.
_LDR_SUFFIXES = {
    b"\xff\xd8\xff": ".jpg",
    b"\x89PNG\r\n\x1a\n": ".png",
    b"II*\0": ".tif",
    b"MM\0*": ".tif",
    b"II+\0": ".tif",
    b"MM\0+": ".tif",
}
_HDR_SIGNATURES = (b"\x76\x2f\x31\x01", b"#?")
#: How many bytes a signature takes at most.
SIGNATURE_BYTES = 16


def converter_suffix(head: bytes) -> str | None:
    """Return the suffix of a file that the converter reads, None for any other kind of file."""
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return ".webp"
    return next((suffix for signature, suffix in _LDR_SUFFIXES.items() if head.startswith(signature)), None)


def is_hdr(head: bytes) -> bool:
    """Return whether a file is of a format for HDR images: OpenEXR or Radiance."""
    return head.startswith(_HDR_SIGNATURES)
