"""What a file may be: formats, encodings, separators, bombs, damage (INTERFACE §3, RELIABILITY 10)."""

import datetime
import gzip
import io
import zipfile
from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.models import SalesLine
from kam.common.imports import ImportFileError, Limits, open_rows
from kam.common.imports.keys import uuid7_batch
from tests.imports.conftest import Import, counts, faults

LETTERS = st.characters(exclude_categories=["Cs", "Cc"]) | st.sampled_from("\n\r\t,;\"'=")
HEADER = ["external_id", "account_external_id", "product_external_id", "date", "net_sales", "cogs"]


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def read(path: Path, limits: Limits | None = None) -> tuple[list[str], list[list[Any]], list[int]]:
    reader = open_rows(path, limits=limits)
    try:
        rows, numbers = [], []
        for batch in reader.batches(list(range(len(reader.header)))):
            rows += [list(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True)]
            numbers += batch.rows.tolist()
        return reader.header, rows, numbers
    finally:
        reader.close()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n",
        "a;b\n1;2\n",
        "a\tb\n1\t2\n",
        "a,b\r\n1,2\r\n",
        "a,b\r1,2\r",
        "\ufeffa,b\n1,2\n",
        "sep=;\na;b\n1;2\n",
        '"a","b"\n"1","2"',
        "a,b\n1,2",
    ],
)
@pytest.mark.parametrize("packed", [False, True])
def test_separators_line_ends_and_marks_make_no_difference(tmp_path: Path, text: str, packed: bool) -> None:
    data = text.encode()
    header, rows, numbers = read(write(tmp_path / "f", gzip.compress(data) if packed else data))
    assert (header, rows, numbers) == (["a", "b"], [["1", "2"]], [2])


def test_a_semicolon_inside_quotes_does_not_decide(tmp_path: Path) -> None:
    assert read(write(tmp_path / "f", b'"a;x;y",b\n1,2\n'))[0] == ["a;x;y", "b"]


@pytest.mark.parametrize(
    ("data", "code", "words"),
    [
        (b"", "empty_file", "0 bytes"),
        (b"\n \n\n", "empty_file", "empty"),
        (gzip.compress(b""), "empty_file", "0 bytes"),
        ("a,b\nå,1\n".encode("cp1252"), "wrong_encoding", "not UTF-8"),
        (b"a,b\n" + b"1,2\n" * 400_000 + "ø,1\n".encode("latin-1"), "wrong_encoding", "row 400,002"),
        ("a,b\n1,2\n".encode("utf-16"), "wrong_encoding", "UTF-16"),
        ("a,b\n1,2\n".encode("utf-16-le"), "wrong_encoding", "UTF-16"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(100), "binary_file", ".xls"),
        (b"\x89PNG\r\n\x1a\n" + bytes(100), "binary_file", "picture"),
        (bytes(range(256)) * 10, "binary_file", "text file"),
        (gzip.compress(gzip.compress(b"a,b\n1,2\n")), "binary_file", "twice"),
        (gzip.compress(b"a,b\n" + b"1,2\n" * 9999)[:-20], "damaged_archive", "damaged"),
        (b"\x1f\x8bnonsense", "damaged_archive", "damaged"),
        (b"PAR1nonsensePAR1", "damaged_archive", "damaged"),
        (b"PK\x03\x04nonsense", "damaged_archive", "damaged"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\n", "too_many_columns", "201"),
        (b'a,b\n1,"' + b"x" * 9_000_000, "unclosed_quote", "never"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_refused_as_a_whole(tmp_path: Path, data: bytes, code: str, words: str) -> None:
    with pytest.raises(ImportFileError) as caught:
        read(write(tmp_path / "f", data))
    assert caught.value.code == code
    assert words in caught.value.message


def test_windows_encoding_is_named(tmp_path: Path) -> None:
    text = "name,city\n" + "Müller GmbH,Köln – Süd\nJosé Peña,Málaga\n" * 20
    with pytest.raises(ImportFileError, match=r"Windows-125|ISO 8859|cp125"):
        read(write(tmp_path / "f", text.encode("cp1252")))


def test_a_letter_cut_by_a_block_is_no_fault(tmp_path: Path) -> None:
    row = "ø" * 99 + ",1\n"
    count = (3 << 20) // len(row.encode())
    _, rows, _ = read(write(tmp_path / "f", ("a,b\n" + row * count).encode()))
    assert len(rows) == count
    assert {value for value, _ in rows} == {"ø" * 99}


def test_a_gzip_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    bomb = gzip.compress(b"a,b\n" + b"1,2\n" * 5_000_000)
    assert len(bomb) < 100_000
    with pytest.raises(ImportFileError, match="unpacks to more than 8 MB"):
        read(write(tmp_path / "f", bomb), Limits(unpacked=8 << 20))


def test_a_zip_bomb_is_not_opened(tmp_path: Path) -> None:
    path = tmp_path / "f.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", bytes(64 << 20))
    with pytest.raises(ImportFileError, match="unpacks to more than"):
        read(path, Limits(workbook=8 << 20))


def test_a_zip_that_is_no_workbook_is_named(tmp_path: Path) -> None:
    path = tmp_path / "f.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "a,b\n1,2\n")
    with pytest.raises(ImportFileError, match="no Excel workbook"):
        read(path)


def test_more_rows_than_allowed_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ImportFileError, match="more than 10 rows"):
        read(write(tmp_path / "f", b"a,b\n" + b"1,2\n" * 11), Limits(rows=10))


def workbook(*rows: list[Any]) -> bytes:
    book = openpyxl.Workbook()
    for row in rows:
        book.active.append(row)
    target = io.BytesIO()
    book.save(target)
    return target.getvalue()


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("packed", [False, True])
def test_a_workbook_goes_in_with_dates_and_numbers(load: Import, packed: bool) -> None:
    data = workbook(
        HEADER,
        ["L1", "A1", "P1", datetime.date(2025, 1, 31), 19.99, 0.1 + 0.2],
        [1001, "A1", "P1", datetime.datetime(2025, 2, 1), -5, None],
        [None] * 6,
        ["L3", "A1", "P1", "31.02.2025", "much", True],
    )
    job = load("sales_lines", data, packed=packed, on_error="skip")
    assert faults(job) == [
        (5, "cogs", "not_a_number"),
        (5, "date", "not_a_date"),
        (5, "net_sales", "not_a_number"),
    ]
    assert counts(job) == (2, 0, 0, 1)
    found = {line.external_id: (line.date, line.net_sales, line.cogs) for line in SalesLine.objects.all()}
    assert found == {
        "L1": (datetime.date(2025, 1, 31), Decimal("19.99"), Decimal("0.3")),
        "1001": (datetime.date(2025, 2, 1), Decimal(-5), None),
    }


@pytest.mark.usefixtures("ground")
@pytest.mark.parametrize("packed", [False, True])
def test_parquet_goes_in_typed(load: Import, packed: bool) -> None:
    table = pa.table(
        {
            "external_id": pa.array([1, 2, 3], pa.int64()),
            "account_external_id": pa.array(["A1", "A1", "A1"]).dictionary_encode(),
            "product_external_id": ["P1", "P1", "P1"],
            "date": pa.array([datetime.date(2025, 1, 31)] * 3, pa.date32()),
            "net_sales": pa.array([Decimal("1.2345"), Decimal("-7"), None], pa.decimal128(38, 10)),
            "cogs": pa.array([1e15, float("nan"), 0.1 + 0.2], pa.float64()),
            "when": pa.array([datetime.datetime(2025, 1, 1)] * 3, pa.timestamp("us")),
        }
    )
    target = io.BytesIO()
    pq.write_table(table, target)
    job = load("sales_lines", target.getvalue(), packed=packed, on_error="skip", file_name="x.bin")
    assert faults(job) == [
        (2, "cogs", "out_of_range"),
        (3, "cogs", "not_a_number"),
        (4, "net_sales", "required"),
    ]
    assert job.report["ignored"] == ["when"]
    pq.write_table(table.set_column(5, "cogs", pa.array([1.5, None, 2.0])), target := io.BytesIO())
    job = load("sales_lines", target.getvalue(), on_error="skip")
    assert counts(job) == (2, 0, 0, 1)
    assert SalesLine.objects.get(external_id="1").net_sales == Decimal("1.2345")


def test_a_parquet_file_that_swells_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "f.parquet"
    pq.write_table(
        pa.table({"a": pa.DictionaryArray.from_arrays(pa.array([0] * 2000, pa.int32()), ["x" * 1_000_000])}),
        path,
    )
    assert path.stat().st_size < 2_000_000
    with pytest.raises(ImportFileError, match="1,000,000 bytes"):
        read(path)


def test_header_only_and_missing_and_double_columns(load: Import) -> None:
    assert faults(load("accounts", "external_id,name\n")) == [(1, "", "no_rows")]
    assert faults(load("accounts", "external_id\nA\n")) == [(1, "name", "missing_column")]
    assert faults(load("accounts", "external_id,name,Name\nA,b,c\n")) == [(1, "name", "duplicate_column")]


def test_headers_are_read_as_people_write_them(load: Import) -> None:
    assert counts(load("accounts", "External ID , NAME,Customer since\nA,Acme,2020-01-01\n")) == (1, 0, 0, 0)


def test_the_upload_is_gone_after_success_and_kept_after_failure(load: Import, media: Path) -> None:
    load("accounts", "external_id,name\nA,Acme\n", file_name="../../etc/passwd")
    assert not [path for path in media.rglob("*") if path.is_file()]
    job = load("accounts", "external_id,name\n,Acme\n", file_name="../../etc/passwd")
    kept = [path for path in media.rglob("*") if path.is_file()]
    assert [path.parent.name for path in kept] == [str(job.tenant_id)]
    assert (job.file_name, kept[0].suffix) == ("passwd", ".upload")


def test_keys_made_in_a_batch_are_version_7_and_rise() -> None:
    from uuid import UUID

    keys = [UUID(text) for text in uuid7_batch(3000).to_pylist()]
    assert keys == sorted(set(keys))
    assert {key.version for key in keys} == {7}


@settings(max_examples=150, deadline=None)
@given(
    rows=st.lists(st.lists(st.text(LETTERS, max_size=8), min_size=2, max_size=2), max_size=12),
    delimiter=st.sampled_from([",", ";", "\t"]),
    end=st.sampled_from(["\n", "\r\n"]),
)
def test_what_a_csv_writer_writes_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, rows: list[list[str]], delimiter: str, end: str
) -> None:
    import csv

    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=delimiter, lineterminator=end, quoting=csv.QUOTE_ALL)
    writer.writerows([["left", "right"], *rows])
    path = write(tmp_path_factory.mktemp("csv") / "f.csv", buffer.getvalue().encode())
    header, found, numbers = read(path)
    assert header == ["left", "right"]
    assert [[cell or "" for cell in row] for row in found] == rows
    assert numbers == list(range(2, len(rows) + 2))


@settings(max_examples=300, deadline=None)
@given(
    data=st.binary(max_size=400) | st.text(max_size=200).map(str.encode),
    packed=st.booleans(),
    head=st.sampled_from([b"", b"a,b\n", b"PK\x03\x04", b"PAR1", b"\xef\xbb\xbfa;b\n"]),
)
def test_any_bytes_are_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, data: bytes, packed: bool, head: bytes
) -> None:
    content = head + data
    path = write(tmp_path_factory.mktemp("any") / "f", gzip.compress(content) if packed else content)
    with suppress(ImportFileError):
        read(path)
