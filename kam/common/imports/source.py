"""Files as they arrive: what they really are (by content, not by name), unpacked within limits."""

import codecs
import gzip
import io
import os
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Protocol

import numpy as np
import pyarrow as pa
from charset_normalizer import from_bytes

from kam.common.imports.problems import ImportFileError, Problem

HEAD_BYTES = 1 << 20
MAX_COLUMNS = 200
MAX_VALUE_LENGTH = 32_767
_CHUNK = 1 << 20
_SIGNATURES = (
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "an old Excel workbook (.xls)"),
    (b"%PDF-", "a PDF"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x7fELF", "a program"),
    (b"MZ\x90", "a program"),
    (b"BZh", "a bzip2 archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
    (b"\x28\xb5\x2f\xfd", "a Zstandard archive"),
    (b"\xfd7zXZ", "an xz archive"),
)
_EXPECTED = "Expected CSV in UTF-8, XLSX or Parquet; each may be packed with gzip."


@dataclass(frozen=True)
class Limits:
    """What a file may grow to. `unpacked` bytes after gzip or zip, `rows` of data."""

    unpacked: int = 4 << 30
    workbook: int = 1 << 30
    rows: int = 20_000_000


@dataclass
class RawBatch:
    """Rows as text. `rows` are spreadsheet row numbers; `columns` follow the order that was asked for;
    `problems` are rows that could not be cut into columns, and are not among `rows`."""

    rows: "np.ndarray[tuple[int], np.dtype[np.int64]]"
    columns: list[pa.Array]
    problems: list[Problem]


class RowReader(Protocol):
    """A file open for reading, row by row in batches; memory does not grow with the file."""

    format: str
    header: list[str]
    header_row: int

    def batches(self, wanted: list[int]) -> Iterator[RawBatch]:
        """The data rows, only the columns at these positions of the header, as text (empty = null)."""
        ...

    def fraction(self) -> float:
        """How much of the file has been read, 0–1."""
        ...

    def close(self) -> None:
        """Let go of the file and of everything unpacked from it."""
        ...


class LimitedStream(io.RawIOBase):
    """Bytes of a file, unpacked when it is gzip; stops a bomb at the limit and counts what was read."""

    def __init__(self, path: Path, *, limit: int, packed: bool) -> None:
        self._file = path.open("rb")
        self._size = max(os.fstat(self._file.fileno()).st_size, 1)
        self._inner: IO[bytes] = gzip.GzipFile(fileobj=self._file) if packed else self._file  # type: ignore[assignment]
        self._limit = limit
        self._count = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Up to `size` bytes. Raises ImportFileError above the limit or where the archive is damaged."""
        try:
            data = self._inner.read(_CHUNK if size is None or size < 0 else size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise ImportFileError(
                "The gzip archive is damaged or cut off. Pack the file again.", code="damaged_archive"
            ) from error
        self._count += len(data)
        if self._count > self._limit:
            raise too_large(self._limit)
        return data

    def fraction(self) -> float:
        """Share of the packed file that was read."""
        return min(self._file.tell() / self._size, 1.0) if not self._file.closed else 1.0

    def close(self) -> None:
        self._inner.close()
        self._file.close()
        super().close()


def too_large(limit: int) -> ImportFileError:
    """The refusal of a file that unpacks to more than is allowed."""
    return ImportFileError(
        f"The file unpacks to more than {limit >> 20:,} MB. Split it, or ask the operator for a higher limit.",
        code="too_large",
    )


def too_many_rows(limit: int) -> ImportFileError:
    """The refusal of a file with more rows than are allowed."""
    return ImportFileError(f"The file has more than {limit:,} rows. Split it.", code="too_many_rows")


def unpack(path: Path, *, limit: int) -> Path:
    """A temporary unpacked copy of a gzip file, for formats that are not read from front to back."""
    with tempfile.NamedTemporaryFile(prefix="kam-import-", delete=False) as target:
        unpacked = Path(target.name)
        try:
            with LimitedStream(path, limit=limit, packed=True) as stream:
                while chunk := stream.read(_CHUNK):
                    target.write(chunk)
        except BaseException:
            unpacked.unlink(missing_ok=True)
            raise
    return unpacked


def check_zip(path: Path, *, limit: int) -> zipfile.ZipFile:
    """Inflate every member once and count: sizes in a zip's directory may lie. Raises ImportFileError."""
    total = 0
    try:
        archive = zipfile.ZipFile(path)
        if sum(member.file_size for member in archive.infolist()) > limit:
            raise too_large(limit)
        for member in archive.infolist():
            with archive.open(member) as stream:
                while chunk := stream.read(_CHUNK):
                    total += len(chunk)
                    if total > limit:
                        raise too_large(limit)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        raise ImportFileError(
            "The workbook is damaged or protected by a password. Save it again as .xlsx.",
            code="damaged_archive",
        ) from error
    return archive


def is_gzip(head: bytes) -> bool:
    return head[:2] == b"\x1f\x8b"


def refuse_foreign(head: bytes) -> None:
    """Raise ImportFileError when the first bytes are not those of a text file."""
    for signature, what in _SIGNATURES:
        if head.startswith(signature):
            raise ImportFileError(f"This is {what}. {_EXPECTED}", code="binary_file")
    if is_gzip(head):
        raise ImportFileError("The file is packed twice with gzip. Pack it once.", code="binary_file")
    for mark, name in (
        (codecs.BOM_UTF32_LE, "UTF-32"),
        (codecs.BOM_UTF16_LE, "UTF-16"),
        (codecs.BOM_UTF16_BE, "UTF-16"),
    ):
        if head.startswith(mark):
            raise wrong_encoding(name)
    sample = head[:65536]
    if not sample:
        return
    odd = sum(sample.count(bytes([code])) for code in (*range(9), *range(14, 27), *range(28, 32)))
    if sample.count(b"\x00") * 4 > len(sample) and _looks_like_utf16(sample):
        raise wrong_encoding("UTF-16")
    if odd * 10 > len(sample) * 3 or (odd and not _decodes(sample)):
        raise ImportFileError(f"This is not a text file. {_EXPECTED}", code="binary_file")


def _looks_like_utf16(sample: bytes) -> bool:
    """Every second byte empty: text of Western scripts without a byte order mark."""
    even, uneven = sample[0::2], sample[1::2]
    return min(even.count(0) / max(len(even), 1), uneven.count(0) / max(len(uneven), 1)) < 0.05 and (
        max(even.count(0) / max(len(even), 1), uneven.count(0) / max(len(uneven), 1)) > 0.8
    )


def _decodes(sample: bytes) -> bool:
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample)
    except UnicodeDecodeError:
        return False
    return True


def wrong_encoding(name: str, *, row: int = 1) -> ImportFileError:
    """The refusal of text in another encoding, which it names."""
    return ImportFileError(
        f"The file is not UTF-8: it looks like {name} (row {row:,}). "
        "Save it as “CSV UTF-8” and import it again.",
        code="wrong_encoding",
        row=row,
    )


def guess_encoding(sample: bytes) -> str:
    """The likely encoding of bytes that are not UTF-8, as people call it."""
    best = from_bytes(sample[:262_144]).best()
    name = best.encoding if best else "an unknown encoding"
    friendly = {"cp1252": "Windows-1252", "cp1250": "Windows-1250", "latin_1": "ISO 8859-1"}
    return friendly.get(name, name.replace("_", "-"))
