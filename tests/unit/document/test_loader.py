"""What the strict YAML loader takes, what it refuses, and where it says things stand."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sim.document import Source, load_document, parse_document
from sim.errors import InputError, ScenarioError


def value_of(text: str) -> object:
    return parse_document(text, Source("t.yaml", Path())).value


def fault_of(text: str) -> str:
    with pytest.raises(InputError) as caught:
        value_of(text)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e3", 1000.0),
        ("1e-5", 1e-5),
        ("-2.5E+2", -250.0),
        (".5", 0.5),
        ("5.", 5.0),
        ("0x10", 16),
        ("0o17", 15),
        ("-0.0", -0.0),
        ("18446744073709551615", 2**64 - 1),
        ("NO", "NO"),
        ("off", "off"),
        ("yes", "yes"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2023-07-01", "2023-07-01"),
        ("2:4", "2:4"),
        ("~", None),
        ("null", None),
        ("True", True),
        ("'017'", "017"),
        ('"1e3"', "1e3"),
        ("", None),
        ("# only a comment", None),
        ("[1, [2, {a: b}]]", [1, [2, {"a": "b"}]]),
        ("a: |\n  x\n  y\n", {"a": "x\ny\n"}),
        ("0.5: 0.94", {"0.5": 0.94}),
        ('{"a":\t[1,\t2],\n\t"b":{"c":null,"d":1E5}}', {"a": [1, 2], "b": {"c": None, "d": 1e5}}),
        (r'"\ud83d\ude00 \/"', "\N{GRINNING FACE} /"),
        ("a: 'café — ok'", {"a": "café — ok"}),
        ("%YAML 1.2\n---\na: 1\n", {"a": 1}),
        ("a: 1\r\nb: 2\r\n", {"a": 1, "b": 2}),
    ],
)
def test_values_follow_the_core_schema_of_yaml_1_2(text: str, value: object) -> None:
    assert value_of(text) == value
    assert type(value_of(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: &x [1]\nb: *x", "t.yaml:1:4: an anchor"),
        ("a: *x", "t.yaml:1:4: an alias"),
        ("&a a: &b\n  b: *b", "t.yaml:1:1: an anchor"),
        ("a: &a [*a]", "t.yaml:1:4: an anchor"),
        ("*x : 1", "t.yaml:1:1: a key is plain text"),
        ("<<: 5", "t.yaml:1:1: merge key <<"),
        ("b: {<<: {a: 1}}", "t.yaml:1:5: merge key <<"),
        (
            "a: !!python/object/apply:os.system ['id']",
            "t.yaml:1:4: tag 'tag:yaml.org,2002:python/object/apply:os.system'",
        ),
        ("a: !!python/name:os.system", "t.yaml:1:4: tag"),
        ("a: !!binary aGk=", "t.yaml:1:4: tag"),
        ("a: !!set {x, y}", "t.yaml:1:4: tag"),
        ("a: !x 1", "t.yaml:1:4: tag '!x'"),
        ("a: 1\nb: 2\na: 3", "t.yaml:3:1: duplicate key 'a' (first on line 1)"),
        ("a: {b: 1, 'b': 2}", "t.yaml:1:11: duplicate key 'b' (first on line 1)"),
        ("1: x\n'1': y", "t.yaml:2:1: duplicate key '1'"),
        ("a: 1\n---\nb: 2", "t.yaml:2:1: a second document begins here"),
        ("a:\n\tb: 1", "t.yaml:2:1: a tab stands where spaces belong"),
        ("a: \x00", "t.yaml:1:4: character U+0000 is not allowed"),
        ("a: x\nb: \x1b[31m", "t.yaml:2:4: character U+001B is not allowed"),
        (r'a: "\ud800"', "t.yaml:1:4: text holds half of a surrogate pair"),
        ("? [a, b]\n: 1", "t.yaml:1:3: a key is plain text"),
        ("'': 1", "t.yaml:1:1: a key is missing"),
        ("%YAML 9\n---\na: 1", "t.yaml:1:8: this program reads YAML 1.2"),
        ("%YAML 1.1\n---\na: 1", "this program reads YAML 1.2"),
        ("a: 'x", "t.yaml:1:6: found unexpected end of stream"),
        ("a: [1, 2", "t.yaml:1:9: "),
        ("a: b: c", "t.yaml:1:5: a second ': ' on this line"),
        ("a: 1\n  b: 2", "t.yaml:2:4: a second ': ' on this line, or wrong indentation"),
        ("a: .nan", "t.yaml:1:4: .nan is not a number that can be used"),
        ("a: -.inf", "t.yaml:1:4: -.inf is not a number that can be used"),
        ("a: 1e400", "t.yaml:1:4: 1e400 is too large"),
        ("a: 017", "t.yaml:1:4: 017 has a leading zero: write 17 for the number"),
        ("a: " + "9" * 400, "t.yaml:1:4: a whole number of 400 digits is beyond 64 bits"),
        ("a: " + "9" * 5001, "t.yaml:1:4: a whole number of 5001 digits"),
        ("a: " + "[" * 5000, "t.yaml:1:35: nested more than 32 deep"),
        ("\n".join("  " * n + "a:" for n in range(40)), "nested more than 32 deep"),
    ],
)
def test_what_could_mislead_or_explode_is_refused_where_it_stands(text: str, fault: str) -> None:
    assert fault in fault_of(text)


def test_bombs_are_refused_in_well_under_a_second() -> None:
    rows = ["a0: &a0 [x, x]"] + [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 30)]
    merges = ["a0: &a0 {k: 1}"] + [f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}]}}" for n in range(1, 25)]
    for bomb in ("\n".join(rows), "\n".join(merges), "{" * 100_000, "[" * 100_000, "- " * 100_000, "? " * 100_000):
        start = time.process_time()
        fault_of(bomb)
        assert time.process_time() - start < 0.6


def test_positions_are_those_of_keys_and_values() -> None:
    document = parse_document("a: 1\npools:\n  - name: h100\n    nodes: 4\n", Source("t.yaml", Path()))
    assert document.locate(("a",)) == (1, 4)
    assert document.locate(("a",), key=True) == (1, 1)
    assert document.locate(("pools", 0, "nodes")) == (4, 12)
    assert document.locate(("pools", 0, "nodes"), key=True) == (4, 5)
    assert document.locate(("pools", 0)) == (3, 5)
    assert document.locate(("pools", 7, "nodes")) == (3, 3)
    assert str(document.problem(("pools", 0, "nodes"), "why")) == "t.yaml:4:12: pools.h100.nodes: why"


class TestFiles:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return tmp_path

    def fault(self, path: Path) -> str:
        with pytest.raises(ScenarioError) as caught:
            load_document(path, ScenarioError)
        return str(caught.value)

    def test_a_byte_order_mark_is_skipped(self, folder: Path) -> None:
        (folder / "a.yaml").write_bytes(b"\xef\xbb\xbfa: 1\n")
        document = load_document(folder / "a.yaml")
        assert document.value == {"a": 1}
        assert document.locate(("a",), key=True) == (1, 1)
        assert document.file == str(folder / "a.yaml")

    @pytest.mark.parametrize(
        ("data", "fault"),
        [
            (b"\xff\xfea\x00", "UTF-16 text"),
            (b"a: \xff", "not UTF-8 text (byte 3)"),
            (b"\x00\x01", ":1:1: character U+0000 is not allowed"),
            (b"a: \xed\xa0\x80", "not UTF-8"),
        ],
    )
    def test_other_encodings_are_refused(self, folder: Path, data: bytes, fault: str) -> None:
        (folder / "a.yaml").write_bytes(data)
        assert fault in self.fault(folder / "a.yaml")

    def test_a_huge_file_is_refused_before_it_is_read(self, folder: Path) -> None:
        path = folder / "a.yaml"
        with path.open("wb") as file:
            file.truncate(5 * 10**9)
        assert "at most 4,194,304 are read" in self.fault(path)

    def test_what_is_no_regular_file_is_refused_and_does_not_block(self, folder: Path) -> None:
        os.mkfifo(folder / "pipe")
        assert "not a regular file" in self.fault(folder / "pipe")
        assert "not a regular file" in self.fault(Path("/dev/zero"))
        assert "a folder" in self.fault(folder)
        assert "no such file" in self.fault(folder / "absent.yaml")

    def test_control_characters_of_a_name_are_escaped(self, folder: Path) -> None:
        assert "a\\x1b[31m\\n.yaml: no such file" in self.fault(folder / "a\x1b[31m\n.yaml")
