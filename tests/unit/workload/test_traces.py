"""Request traces: every format becomes one table; every row is used, counted, or an error with its line."""

from __future__ import annotations

import gzip
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.errors import TraceError
from sim.workload.traces import RequestTrace, read_trace, shared_trace

AZURE = (
    "TIMESTAMP,ContextTokens,GeneratedTokens\n"
    "2023-11-16 18:15:46.6805900,374,44\n"
    "2023-11-16 18:15:50.9951690,396,109\n"
    "2023-11-16 18:15:51.2224671,879,55\n"
)
EXAMPLES = {
    "azure": AZURE,
    "burstgpt": (
        "Timestamp,Model,Request tokens,Response tokens,Total tokens,Log Type\n"
        "5,ChatGPT,374,44,418,Conversation log\n45,GPT-4,396,109,505,API log\n118,GPT-4,879,55,934,API log\n"
    ),
    "vidur": "arrived_at,num_prefill_tokens,num_decode_tokens\n0.5,374,44\n1.25,396,109\n7,879,55\n",
    "mooncake": (
        '{"timestamp": 500, "input_length": 374, "output_length": 44, "hash_ids": [0, 1]}\n'
        '{"timestamp": 500, "input_length": 396, "output_length": 109, "hash_ids": [0]}\n'
        '{"timestamp": 3000, "input_length": 879, "output_length": 55, "hash_ids": []}\n'
    ),
    "csv": "arrival_s,input_tokens,output_tokens\n0,374,44\n0.25,396,109\n2.5,879,55\n",
}
OFFSETS = {
    "azure": [0.0, 4.314579, 4.5418771],
    "burstgpt": [0.0, 40.0, 113.0],
    "vidur": [0.0, 0.75, 6.5],
    "mooncake": [0.0, 0.0, 2.5],
    "csv": [0.0, 0.25, 2.5],
}


def written(folder: Path, content: str | bytes, name: str = "trace.csv") -> Path:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def refusal(folder: Path, content: str | bytes, named: str | None = None) -> str:
    with pytest.raises(TraceError) as caught:
        read_trace(written(folder, content), named)
    return str(caught.value)


def assert_is_the_example(trace: RequestTrace, name: str) -> None:
    assert trace.format == name
    assert trace.offset_s.tolist() == OFFSETS[name]
    assert trace.input_tokens is not None
    assert trace.output_tokens is not None
    assert trace.input_tokens.tolist() == [374, 396, 879]
    assert trace.output_tokens.tolist() == [44, 109, 55]
    assert (trace.rows, trace.dropped, trace.misplaced, trace.warnings()) == (3, 0, 0, ())


@pytest.mark.parametrize("name", EXAMPLES)
def test_format_is_told_from_the_content(tmp_path: Path, name: str) -> None:
    assert_is_the_example(read_trace(written(tmp_path, EXAMPLES[name])), name)


@pytest.mark.parametrize("name", EXAMPLES)
def test_packed_files_line_ends_and_byte_order_marks_make_no_difference(tmp_path: Path, name: str) -> None:
    content = EXAMPLES[name].replace("\n", "\r\n").encode()
    if name != "mooncake":
        content = b"\xef\xbb\xbf" + content
    assert_is_the_example(read_trace(written(tmp_path, gzip.compress(content), "trace.gz")), name)


def test_parquet_holds_the_plain_columns(tmp_path: Path) -> None:
    path = tmp_path / "trace.parquet"
    columns = {"arrival_s": [0.0, 0.25, 2.5], "input_tokens": [374, 396, 879], "output_tokens": [44, 109, 55]}
    pd.DataFrame(columns).to_parquet(path)
    trace = read_trace(path)
    assert trace.format == "parquet"
    assert trace.offset_s.tolist() == OFFSETS["csv"]


def test_service_times_are_read_where_the_file_has_them(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, "service_s,arrival_s\n1.5,10\n0.5,12\n"))
    assert trace.service_s is not None
    assert trace.service_s.tolist() == [1.5, 0.5]
    assert trace.input_tokens is None
    assert trace.first_s == 10.0


def test_quoted_fields_and_a_missing_last_line_end_are_read(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, '"arrival_s","input_tokens","note"\n"1","7","a, b"\n"2.5","8",""'))
    assert trace.offset_s.tolist() == [0.0, 1.5]


def test_wall_clocks_keep_a_tenth_of_a_microsecond(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, AZURE))
    start = datetime(2023, 11, 16, 18, 15, 46, 500_000, tzinfo=UTC)
    assert trace.first_after_s(start) == 0.18059
    assert trace.first_after_s(start.astimezone(timezone(timedelta(hours=-6)))) == 0.18059
    assert trace.first_after_s(start + timedelta(days=1)) == 0.18059 - 86_400


def test_stamps_with_an_offset_count_in_utc(tmp_path: Path) -> None:
    text = AZURE.replace("46.6805900", "46.6805900+02:00").replace("50.9951690", "50.9951690+02:00")
    trace = read_trace(written(tmp_path, text))
    assert trace.first_after_s(datetime(2023, 11, 16, 16, 15, 46, tzinfo=UTC)) == pytest.approx(0.68059)
    assert trace.span_s == pytest.approx(7204.5418771)


def test_unsorted_rows_are_sorted_and_counted(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, "arrival_s,input_tokens\n5,1\n1,2\n3,3\n3,4\n9,5\n"))
    assert trace.input_tokens is not None
    assert trace.input_tokens.tolist() == [2, 3, 4, 1, 5]  # ties as in the file
    assert trace.first_s == 1.0
    assert trace.warnings() == ("trace.csv: 3 of 5 rows were not in order of time; sorted",)


def test_rows_without_tokens_are_left_out_and_counted(tmp_path: Path) -> None:
    trace = read_trace(written(tmp_path, "arrival_s,input_tokens,output_tokens\n1,0,5\n2,3,0\n3,4,4\n"))
    assert (trace.rows, trace.dropped, trace.offset_s.tolist()) == (3, 2, [0.0])
    assert trace.warnings() == ("trace.csv: 2 of 3 rows have no tokens and are left out",)
    assert "none of 1 rows has tokens" in refusal(tmp_path, "arrival_s,input_tokens\n1,0\n")


@pytest.mark.parametrize("wrong", ["", "x", "nan", "inf", "-1", "2.5", "1e12", "1_0", "true"])
def test_wrong_number_is_an_error_with_its_line_and_count(tmp_path: Path, wrong: str) -> None:
    text = refusal(tmp_path, f"arrival_s,input_tokens\n1,1\n\n2,{wrong}\n3,{wrong}\n4,4\n")
    assert text == (
        f"{tmp_path / 'trace.csv'}:4: input_tokens is not a whole number from 0 to 2147483647 in row 2 "
        "(2 such rows of 4)"
    )


@pytest.mark.parametrize("wrong", ["", "yesterday", "2023-13-01 00:00:00", "5"])
def test_wrong_stamp_is_an_error_with_its_line(tmp_path: Path, wrong: str) -> None:
    text = refusal(tmp_path, AZURE + f"{wrong},1,1\n")
    assert ":5: arrival_s is not a date and time in row 4 (1 such rows of 4)" in text


def test_every_wrong_column_is_reported_at_once(tmp_path: Path) -> None:
    text = refusal(tmp_path, "arrival_s,input_tokens,output_tokens\n-1,1,1\n2,x,1\n3,1\n")
    assert [line.split(": ", 1)[1].split(" is")[0] for line in text.splitlines()] == [
        "arrival_s",
        "input_tokens",
        "output_tokens",
    ]


@pytest.mark.parametrize("wrong", ['{"timestamp": 1', "[1, 2]", '{"timestamp": ' + "[" * 5000, "7"])
def test_line_that_is_no_object_is_an_error(tmp_path: Path, wrong: str) -> None:
    assert ":4: the line is not a JSON object" in refusal(tmp_path, EXAMPLES["mooncake"] + wrong)


@pytest.mark.parametrize("wrong", ["null", "true", '"x"', "[3]", "-4", "1" + "0" * 400])
def test_wrong_value_in_an_object_is_an_error(tmp_path: Path, wrong: str) -> None:
    line = f'{{"timestamp": 1, "input_length": {wrong}, "output_length": 5}}'
    assert ":4: input_tokens is not a whole number" in refusal(tmp_path, EXAMPLES["mooncake"] + line)


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("", "the header names no column of arrivals"),
        ("a,b\n1,2\n", "one of these is looked for: TIMESTAMP, Timestamp, arrived_at, gmt_create, arrival_s"),
        ("arrival_s,input_tokens\n", "the trace has no rows"),
        ("arrival_s,input_tokens\n1,2\0\n", "holds NUL bytes"),
        ("arrival_s,arrival_s\n1,2\n", "column 'arrival_s' is there 2 times"),
        (b"arrival_s,input_tokens\n1,\xff\n", "not UTF-8 text"),
        ("arrival_s\n1\n".encode("utf-16"), "not a CSV header in UTF-8"),
        (b"PAR1 and nothing more", "not a Parquet file"),
        (gzip.compress(AZURE.encode())[:-20], "cut short"),
    ],
)
def test_file_of_the_wrong_shape_is_refused(tmp_path: Path, content: str | bytes, text: str) -> None:
    assert text in refusal(tmp_path, content)


def test_named_format_must_exist_and_fit(tmp_path: Path) -> None:
    assert "no trace format 'azur'; did you mean 'azure'?" in refusal(tmp_path, AZURE, "azur")
    text = refusal(tmp_path, AZURE, "vidur")
    assert "format 'vidur' needs a column 'arrived_at'; the file has: TIMESTAMP, ContextTokens" in text


def test_absent_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TraceError, match="cannot be read"):
        read_trace(tmp_path / "absent.csv")


def test_a_million_rows_are_read_whole(tmp_path: Path) -> None:
    rows = "".join(f"{i / 8},{i % 900 + 1},7\n" for i in range(1_000_000))
    trace = read_trace(written(tmp_path, "arrival_s,input_tokens,output_tokens\n" + rows))
    assert trace.offset_s.size == 1_000_000
    assert np.all(np.diff(trace.offset_s) == 0.125)


def test_items_and_speech_are_columns_of_plain_traces(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("arrival_s,items,audio_s\n0,2,1.5\n1,0,2\n2,3,0\n4,1,30\n")
    trace = read_trace(path)
    assert trace.items is not None
    assert trace.audio_s is not None
    assert trace.items.tolist() == [2, 1]
    assert trace.audio_s.tolist() == [1.5, 30.0]
    assert trace.warnings() == ("trace.csv: 2 of 4 rows have no items or speech and are left out",)


def test_a_part_of_an_item_is_no_item(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text("arrival_s,items\n0,1.5\n")
    with pytest.raises(TraceError, match="items is not a whole number"):
        read_trace(path)


def test_requests_for_images_without_an_image_are_left_out_and_counted(tmp_path: Path) -> None:
    path = tmp_path / "trace.csv"
    path.write_text(
        "gmt_create,exec_time_seconds,num_images_per_prompt\n"
        "2024-11-15 16:57:50,32.0,1.0\n2024-11-15 16:57:51,,\n2024-11-15 16:57:53,4.0,8.0\n"
    )
    trace = read_trace(path)
    assert trace.format == "gentd26"
    assert trace.items is not None
    assert trace.items.tolist() == [1, 8]
    assert trace.offset_s.tolist() == [0.0, 3.0]
    assert trace.dropped == 1


def test_the_published_requests_for_images_are_read(shared_data: Path) -> None:
    """Figures of the folder's README, by pandas; nine requests came to nothing."""
    trace = read_trace(shared_data / "image_requests/alibaba_genai_2026_lora_requests_1115-1129.csv.gz")
    assert (trace.rows, trace.dropped) == (14008, 9)
    assert trace.span_s == pytest.approx(1234904.0)
    assert trace.items is not None
    assert trace.items.mean() == pytest.approx(2.689, abs=5e-4)
    assert np.quantile(trace.items, 0.9) == 8.0


def test_a_trace_is_read_once_and_again_when_its_file_has_changed(tmp_path: Path) -> None:
    file = tmp_path / "t.csv"
    rows = ["TIMESTAMP,ContextTokens,GeneratedTokens", "2023-11-16 18:00:00.0,10,5", "2023-11-16 18:00:01.0,10,5"]
    file.write_text("\n".join(rows))
    first = shared_trace(file)
    assert shared_trace(file) is first
    file.write_text("\n".join([*rows, "2023-11-16 18:00:02.0,10,5"]))
    assert shared_trace(file).rows == 3
