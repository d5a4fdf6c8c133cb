"""The report in a real Chromium: `nox -s browser` runs it, since neither playwright nor a browser is there for every test."""

import io
import json
import re
import shutil
import time

import h5py
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import sync_playwright

from seg_eval.score import score_labels

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
BAD_NAME = '"></script><script>window.hacked = 1</script><img src=x onerror="window.hacked = 1">$& ${1}'
READABLE = 4.5
"""Contrast of text that WCAG 2.2 asks for at level AA (1.4.3)."""

CONTRASTS = """() => {
  const parse = (text) => { const [r, g, b, a = 1] = text.match(/[0-9.]+/g).map(Number); return { r, g, b, a }; };
  const light = ({ r, g, b }) => {
    const part = (c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
    return 0.2126 * part(r) + 0.7152 * part(g) + 0.0722 * part(b);
  };
  const behind = (element) => {
    for (let one = element; one; one = one.parentElement) {
      const color = parse(getComputedStyle(one).backgroundColor);
      if (color.a > 0) return color;
    }
    return { r: 255, g: 255, b: 255 };
  };
  const found = [];
  for (const element of document.querySelectorAll("body *")) {
    const own = [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim());
    if (!own || !element.getClientRects().length || element.disabled || element.tagName === "OPTION") continue;
    const [a, b] = [light(parse(getComputedStyle(element).color)), light(behind(element))];
    found.push({ text: element.textContent.trim().slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) });
  }
  return found;
}"""


@pytest.fixture(scope="module")
def browser():
    """The system's Chromium without a window."""
    program = next((path for name in BROWSERS if (path := shutil.which(name))), None)
    if program is None:
        pytest.fail(f"this test needs one of {', '.join(BROWSERS)} on the PATH; found none. Install Debian's chromium.")
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=program)
        yield started
        started.close()


@pytest.fixture
def visit(browser):
    """Open a report without a network; whatever the page complains about fails the test."""
    contexts, complaints = [], []

    def open_report(paths, **options):
        context = browser.new_context(offline=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: complaints.append(message.text) if message.type != "log" else None)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(dialog.message), dialog.dismiss()))
        page.on("request", lambda request: complaints.append(request.url) if request.url.startswith("http") else None)
        page.goto(paths.report.resolve().as_uri())
        if options.get("java_script_enabled", True):
            wait_until(page, "document.getElementById('viewer-status')?.textContent")
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert complaints == []


@pytest.fixture
def report(evaluated):
    return evaluated[1].paths


def shown_slice(page):
    """Axis and place of the slice on the screen."""
    axis, index = re.match(r"([zyx]) = (\d+)", page.inner_text("#viewer-status")).groups()
    return axis, int(index)


def wait_until(page, expression):
    """Ask from outside: `wait_for_function` evaluates text inside the page, which the report's own policy forbids."""
    end = time.monotonic() + 30
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"waited 30 s for {expression}"
        page.wait_for_timeout(20)


def wait_for_slice(page, axis, index):
    wait_until(page, f"document.getElementById('viewer-status').textContent.startsWith('{axis} = {index}')")


def picture(page):
    return page.evaluate("document.getElementById('viewer-picture').toDataURL()")


def test_every_figure_is_there(visit, report):
    page = visit(report)
    widths = page.eval_on_selector_all("figure img", "all => all.map(one => one.complete && one.naturalWidth)")
    assert len(widths) == 12
    assert all(widths)


def test_keys_walk_through_the_slices(visit, report):
    page = visit(report)
    page.focus("#viewer-pane")
    first = shown_slice(page)
    assert first == ("z", 9)  # the middle of z 6 to 11
    before = picture(page)
    page.keyboard.press("ArrowRight")
    wait_for_slice(page, "z", 10)
    assert picture(page) != before
    page.keyboard.press("ArrowLeft")
    wait_for_slice(page, "z", 9)
    assert picture(page) == before
    page.keyboard.press("End")
    wait_for_slice(page, "z", 11)
    page.keyboard.press("ArrowRight")  # there is no slice beyond
    page.keyboard.press("Home")
    wait_for_slice(page, "z", 6)
    page.keyboard.press("x")
    wait_until(page, "document.getElementById('viewer-status').textContent.startsWith('x')")
    assert page.input_value("#viewer-axis") == "x"
    box = page.eval_on_selector("#viewer-picture", "one => [one.width, one.height]")
    assert box[0] / box[1] == pytest.approx(24 / 6, rel=0.02)  # axes (z, y), true to scale


def test_a_click_on_a_slice_that_is_about_to_leave_does_no_harm(visit, report):
    page = visit(report)
    before = page.inner_text("#viewer-voxel")
    page.evaluate("""() => {
      const press = (key) => document.getElementById("viewer-pane").dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      const picture = document.getElementById("viewer-picture");
      const { left, bottom } = picture.getBoundingClientRect();
      const at = { clientX: left + 3, clientY: bottom - 3, bubbles: true };
      press("x"); // 6 rows, where the slice along z that is still on the screen has 24
      for (const kind of ["pointerdown", "pointerup", "pointermove"]) picture.dispatchEvent(new PointerEvent(kind, at));
    }""")
    wait_until(page, "document.getElementById('viewer-status').textContent.startsWith('x')")
    assert page.inner_text("#viewer-voxel") == before


@pytest.mark.parametrize(("key", "layer"), [("1", "image"), ("2", "reference"), ("3", "prediction"), ("4", "error")])
def test_keys_and_clicks_toggle_the_layers(visit, report, key, layer):
    page = visit(report)
    button = page.locator(f"[data-layer={layer}]")
    pressed, before = button.get_attribute("aria-pressed"), picture(page)
    page.focus("#viewer-pane")
    page.keyboard.press(key)
    assert button.get_attribute("aria-pressed") != pressed
    assert picture(page) != before
    button.click()
    assert button.get_attribute("aria-pressed") == pressed
    assert picture(page) == before


def test_the_wheel_turns_slices_only_after_a_click(visit, report):
    """Whoever scrolls down the page is not held up by the picture."""
    page = visit(report)
    page.hover("#viewer-picture")
    page.mouse.wheel(0, 60)
    page.wait_for_timeout(100)
    assert shown_slice(page) == ("z", 9)
    page.locator("#viewer-picture").click()
    page.mouse.wheel(0, 60)
    wait_for_slice(page, "z", 10)


def test_a_voxel_is_told_by_place_and_classes(visit, evaluated):
    """For the mouse and for the keyboard, beside what the arrays hold."""
    world, evaluation = evaluated
    with h5py.File(evaluation.paths.predicted_labels) as file:
        predicted = file["labels"][()]
    names = [info.name for info in evaluation.document.classes]
    page = visit(evaluation.paths)
    page.locator("#viewer-picture").scroll_into_view_if_needed()
    frame = page.locator("#viewer-picture").bounding_box()
    wrong = np.argwhere(predicted[3] != world.labels[9])[0]
    for y, x in [(0, 0), (23, 19), (11, 7), tuple(wrong)]:
        page.mouse.move(frame["x"] + (x + 0.5) * frame["width"] / 20, frame["y"] + (y + 0.5) * frame["height"] / 24)
        truth, answer = world.labels[9, y, x], predicted[3, y, x]
        told = page.inner_text("#viewer-voxel")
        verdict = "right" if truth == answer else "wrong: missed" if answer == 0 else "wrong: added"
        assert told == f"z = 9, y = {y}, x = {x}; prediction {names[answer]}; reference {names[truth]}; {verdict}"
    assert page.get_attribute("#viewer-voxel", "aria-live") == "off"
    page.focus("#viewer-pane")
    page.keyboard.press("Shift+ArrowDown")
    assert page.inner_text("#viewer-voxel").startswith("z = 9, y = 13, x = 10; ")  # one below the middle
    assert page.get_attribute("#viewer-voxel", "aria-live") == "polite"


def test_the_keyboard_reaches_every_voxel_of_an_enlarged_slice(visit, evaluated):
    page = visit(evaluated[1].paths)
    page.focus("#viewer-pane")
    for _ in range(3):
        page.keyboard.press("+")
    for _ in range(12):
        page.keyboard.press("Shift+ArrowDown")
    assert page.inner_text("#viewer-voxel").startswith("z = 9, y = 23, x = 10; ")
    hidden = page.eval_on_selector("#viewer-pane", "one => one.scrollHeight - one.scrollTop - one.clientHeight")
    assert abs(hidden) < 2


def test_tables_and_the_list_lead_to_slices(visit, evaluated):
    document, paths = evaluated[1].document, evaluated[1].paths
    page = visit(paths)
    worst = next(one for one in document.notable_slices if (one.reason, one.axis) == ("worst_slice", "y"))
    page.select_option("#viewer-jump", f"y {worst.index}")
    wait_for_slice(page, "y", worst.index)
    assert f"{worst.value:.2%} wrong" in page.inner_text("#viewer-status")
    blob = document.error_blobs_pooled.largest[0]
    z, y, x = (int(np.ceil(place - 0.5)) for place in blob.centroid)
    page.click(f'button[data-slice="z {z} {y} {x}"] >> nth=0')
    wait_for_slice(page, "z", z)
    assert page.inner_text("#viewer-voxel").startswith(f"z = {z}, y = {y}, x = {x};")
    buttons = page.eval_on_selector_all("button[data-slice]", "all => all.map(one => one.hidden)")
    assert buttons
    assert not any(buttons)


def test_zoom_keeps_the_page_as_wide_as_it_is(visit, report):
    page = visit(report, **PHONE)
    before = page.eval_on_selector("#viewer-picture", "one => one.clientWidth")
    page.click("#viewer-larger")
    assert page.eval_on_selector("#viewer-picture", "one => one.clientWidth") == pytest.approx(2 * before, abs=2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_on_a_phone_nothing_scrolls_sideways_and_a_swipe_turns_slices(visit, report):
    page = visit(report, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.locator("#viewer-picture").scroll_into_view_if_needed()
    frame = page.locator("#viewer-picture").bounding_box()
    y = frame["y"] + frame["height"] / 2
    touch = page.context.new_cdp_session(page)
    points = [frame["x"] + frame["width"] * share for share in (0.8, 0.6, 0.4, 0.2)]
    touch.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": [{"x": points[0], "y": y}]})
    for x in points[1:]:
        touch.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": [{"x": x, "y": y}]})
    touch.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})
    wait_for_slice(page, "z", 10)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_text_can_be_read(visit, report, scheme):
    page = visit(report, color_scheme=scheme)
    found = page.evaluate(CONTRASTS)
    assert len(found) > 200
    assert [one for one in found if one["contrast"] < READABLE] == []
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", background)[:3])) < 200) == (scheme == "dark")


def test_charts_follow_light_and_dark(visit, report):
    """As they look on the screen: dark ink on bright paper, and the other way round."""
    greys = {}
    for scheme in ("light", "dark"):
        page = visit(report, color_scheme=scheme)
        assert page.locator("figure.drawn img").count() == 8
        chart = page.locator("figure.drawn img").nth(1).screenshot()
        with Image.open(io.BytesIO(chart)) as picture:
            greys[scheme] = np.asarray(picture.convert("L"))
    assert np.median(greys["light"]) > 240
    assert greys["light"].min() < 60
    assert np.median(greys["dark"]) < 50
    assert greys["dark"].max() > 200


def test_names_from_elsewhere_stay_text(visit, world, tmp_path, undrawn):
    """In tables, in the list of the viewer, and in what it says about a voxel."""
    file = world.volume.parent / "labels.npy"
    evaluation = score_labels(file, file, class_names=("matrix", BAD_NAME, "pore"), output=tmp_path / "out")
    page = visit(evaluation.paths)
    assert page.evaluate("window.hacked") is None
    assert page.locator("img[src=x]").count() == 0
    assert BAD_NAME in page.inner_text("#viewer-legend")
    assert BAD_NAME in page.inner_text("#viewer-status")
    assert BAD_NAME in page.inner_text("#scores + div")
    (script,) = page.eval_on_selector_all("#viewer-data", "all => all.map(one => one.textContent)")
    assert json.loads(script)["classes"][1]["name"] == BAD_NAME


def test_the_methods_are_copied(visit, report):
    page = visit(report, permissions=["clipboard-read", "clipboard-write"])
    page.click("button[data-copies]")
    wait_until(page, "document.querySelector('button[data-copies]').textContent === 'copied'")
    assert page.evaluate("navigator.clipboard.readText()") == page.inner_text("#methods-text")


def test_every_control_has_a_name(visit, report):
    page = visit(report)
    nameless = page.eval_on_selector_all(
        "button, select, input, canvas[role], [tabindex='0']",
        "all => all.filter(one => !(one.getAttribute('aria-label') || one.labels?.length || one.textContent.trim()))"
        ".map(one => one.outerHTML)",
    )
    assert nameless == []
    assert page.eval_on_selector_all("img", "all => all.every(one => one.alt.length > 30)")


def test_without_scripts_the_sections_are_there(visit, report):
    page = visit(report, java_script_enabled=False)
    assert not page.is_visible("#viewer")
    assert page.is_visible("#viewer-absent")
    assert page.is_visible("text=Section across z at z = 9")
    assert not page.is_visible("button")


def test_on_paper_there_are_no_buttons(visit, report):
    page = visit(report)
    page.emulate_media(media="print")
    assert not page.is_visible("#viewer")
    assert not page.is_visible("button:visible")
    assert page.is_visible("#methods-text")
    assert page.pdf(format="A4").startswith(b"%PDF")
