import itertools
import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest

from personae.report import theme
from personae.report.theme import COLOURS, drawing, finish

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "full": np.eye(3),
    "protan": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deutan": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
}
TO_XYZ = [
    [0.4124564, 0.3575761, 0.1804375],
    [0.2126729, 0.7151522, 0.0721750],
    [0.0193339, 0.1191920, 0.9503041],
]
WHITE = np.array([0.95047, 1.0, 1.08883])


def linear(colour):
    channels = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def contrast(first, second):
    bright, dark = sorted((linear(each) @ [0.2126, 0.7152, 0.0722] for each in (first, second)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


def lab(rgb):
    relative = np.array(TO_XYZ) @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(relative > 0.008856, np.cbrt(relative), 7.787 * relative + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
def test_text_has_wcag_aa_contrast_and_marks_the_contrast_of_graphics(page):
    paper = COLOURS["paper"][page]
    for name, pair in COLOURS.items():
        if name not in ("paper", "line"):
            least = 3.0 if name.startswith("segment") else 4.5
            assert contrast(pair[page], paper) >= least, name


@pytest.mark.parametrize("page", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("sight", SIGHT)
def test_the_first_eight_segments_are_told_apart_whatever_the_sight(sight, page):
    seen = [lab(np.array(SIGHT[sight]) @ linear(COLOURS[f"segment-{each}"][page])) for each in range(8)]
    closest = min(
        (float(np.linalg.norm(a - b)), i, j) for (i, a), (j, b) in itertools.combinations(enumerate(seen), 2)
    )
    # A difference of 2.3 is just noticeable (Mahy and others 1994).
    assert closest[0] > 8, closest


def test_no_two_colours_are_the_same_so_that_each_can_follow_the_page():
    light = [pair[0] for pair in COLOURS.values()]
    assert len(set(light)) == len(light)


def test_twelve_segments_have_colours_and_markers_of_their_own():
    assert len({theme.segment_colour(each) for each in range(12)}) == 12
    assert len({theme.segment_marker(each) for each in range(12)}) == 12
    assert theme.segment_colour(12) == theme.segment_colour(0)


def drawn(name, text="plain", folder=None):
    with drawing(100) as figure:
        axes = figure.add_subplot()
        axes.plot([0, 1], [1, 0], color=theme.ACCENT)
        axes.set_title(text)
        return finish(figure, name, text, folder)


def test_same_drawing_gives_same_bytes_in_svg_and_png(tmp_path):
    pictures = [drawn("line", folder=tmp_path / name) for name in ("once", "again")]
    assert pictures[0] == pictures[1]
    assert (tmp_path / "once/line.png").read_bytes() == (tmp_path / "again/line.png").read_bytes()


def test_svg_is_well_formed_needs_no_font_and_follows_the_page_colours():
    svg = drawn("line").svg
    ET.fromstring(svg)
    assert "<text" not in svg
    assert "<image" not in svg
    assert "var(--segment-0)" in svg
    assert not re.search(r"font-family|\d{4}-\d{2}-\d{2}", svg)


def test_two_pictures_share_no_id():
    ids = [set(re.findall(r'\bid="([^"]+)"', drawn(name).svg)) for name in ("one", "two")]
    assert ids[0]
    assert not ids[0] & ids[1]
    svg = drawn("one").svg
    assert set(re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)) != set()
    referred = {a or b for a, b in re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', svg)}
    assert referred <= ids[0]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "cost $5 and $6", "a_{b}", "naïve 客户 🙂", "-->"]
)
def test_a_picture_takes_any_text(text):
    svg = drawn("odd", text).svg
    ET.fromstring(svg)
    assert "<script" not in svg
