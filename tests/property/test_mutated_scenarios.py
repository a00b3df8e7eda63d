"""Whatever a scenario file holds, reading it ends in a Scenario or in errors that say where: never in a crash."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.scenario import load, template, template_names

TEXTS = [template(name) for name in template_names()]
NASTY = [
    *(
        "",
        " ",
        "\t",
        "\n",
        ":",
        ": ",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ",",
        "&a ",
        "*a",
        "!!x ",
        "<<: ",
        "? ",
        "|\n",
        ">\n",
        "'",
    ),
    *('"', "#", "%", "@", "`", "~", "null", "true", "NO", "1e3", "1e400", ".nan", "-.inf", "017", "0x10", "-1", "8.5"),
    *("'8'", "9" * 30, "12:30", "0.7 kW", "name: a", "for: x", "extends: s.yaml", "extends: .", "catalog: s.yaml"),
    *("../../etc/passwd", "/dev/zero", "\x00", "\x1b[31m", "\ufeff", "\u202e", "\U0001f600", "---\n", "...\n"),
    *("%YAML 9\n", "\u00e9", "\r\n", "{preset: colocation, pue: 2}", "[{}]", "{}", "x: &b {<<: *b}"),
]


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A template with a few pieces cut out, doubled, moved or replaced."""
    text = draw(st.sampled_from(TEXTS))
    for _ in range(draw(st.integers(1, 4))):
        lines = text.split("\n")
        start = draw(st.integers(0, len(text)))
        stop = min(len(text), start + draw(st.integers(0, 12)))
        kind = draw(st.sampled_from(["replace", "insert", "lines", "word"]))
        if kind == "replace":
            text = text[:start] + draw(st.sampled_from(NASTY)) + text[stop:]
        elif kind == "insert":
            text = text[:start] + draw(st.text(max_size=4)) + text[start:]
        elif kind == "lines":
            first, second = draw(st.integers(0, len(lines) - 1)), draw(st.integers(0, len(lines) - 1))
            lines[first], lines[second] = lines[second], draw(st.sampled_from([lines[first], "", lines[second]]))
            text = "\n".join(lines)
        else:
            words = text.split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from([*NASTY, *words]))
            text = " ".join(words)
    return text


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mutated")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=mutated())
def test_a_mutated_scenario_is_read_or_refused(text: str, folder: Path) -> None:
    path = folder / "s.yaml"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    lines = faults(path)
    assert all(line.isprintable() and len(line) < 600 for line in lines), lines


def faults(path: Path) -> list[str]:
    """What is said of a file; nothing of one that is right."""
    try:
        load(path)
    except InputError as error:
        return str(error).split("\n")
    return []
