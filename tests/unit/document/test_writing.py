"""Whole files or none, and the merge of layered documents."""

from __future__ import annotations

from pathlib import Path

import pytest

from sim.document import Source, nearest, parse_document, write_atomically


def test_a_file_is_written_whole_and_replaces_the_old_one(tmp_path: Path) -> None:
    path = tmp_path / "a.json"
    write_atomically(path, b"old")
    write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_a_write_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    with pytest.raises(OSError, match="folder"):
        write_atomically(tmp_path / "folder", b"x")
    assert [found.name for found in tmp_path.iterdir()] == ["folder"]


def test_mappings_merge_lists_are_replaced_and_places_stay_with_their_values() -> None:
    base = parse_document("a: {x: 1, y: [1, 2]}\nb: 1\n", Source("base.yaml", Path("base")))
    top = parse_document("\na: {y: [3], z: 4}\n", Source("top.yaml", Path("top")))
    merged = top.over(base)
    assert merged.value == {"a": {"x": 1, "y": [3], "z": 4}, "b": 1}
    assert str(merged.problem(("a", "x"), "t")) == "base.yaml:1:8: a.x: t"
    assert str(merged.problem(("a", "y", 0), "t")) == "top.yaml:2:9: a.y.0: t"
    assert merged.place_of(("b",)).source.folder == Path("base")


def test_a_replaced_value_points_to_where_it_came_from() -> None:
    document = parse_document("a: {x: 1}\nl: [{n: 1}]\n", Source("t.yaml", Path()))
    new = parse_document("5", Source("--set a.q.r=5", Path()))
    changed = document.replaced(("a", "q", "r"), new).replaced(("l", 0, "n"), new)
    assert changed.value == {"a": {"x": 1, "q": {"r": 5}}, "l": [{"n": 5}]}
    assert document.value == {"a": {"x": 1}, "l": [{"n": 1}]}
    assert changed.place_of(("a", "q", "r")).source.file == "--set a.q.r=5"


@pytest.mark.parametrize(
    ("word", "found"),
    [("h100-smx", "h100-sxm"), ("H100_SXM", "h100-sxm"), ("banana", None), ("", None), ("x" * 10_000, None)],
)
def test_the_nearest_name_is_found_or_none(word: str, found: str | None) -> None:
    assert nearest(word, ("a100-40g-sxm", "h100-sxm", "h100-pcie")) == found
