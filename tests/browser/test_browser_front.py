"""The front page in a browser: drag, draw, keys, screens of all sizes, no motion if asked."""

import lab
import pytest

from course.book import COURSE, checks, front

pytestmark = [
    pytest.mark.skipif(bool(lab.why_not()), reason=lab.why_not() or "a browser is here"),
    pytest.mark.filterwarnings("ignore"),  # Playwright's event loop ends when it ends
]
SIZES = {"phone": (360, 740), "laptop": (1366, 768), "projector": (1920, 1080)}
THREE = [(0.3, 0.3), (0.45, 0.2), (0.65, 0.28), (0.6, 0.45), (0.45, 0.5)]
THREE += [(0.62, 0.58), (0.68, 0.72), (0.5, 0.85), (0.3, 0.78)]


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("front")
    (folder / "_static").symlink_to(COURSE / "static")
    front.write(folder)
    return folder


@pytest.fixture(scope="module")
def chrome():
    with lab.browser() as running:
        yield running


def opened(chrome, site, size="laptop", **more):
    width, height = SIZES[size]
    more = {"reduced_motion": "reduce", **more}
    page = chrome.new_page(viewport={"width": width, "height": height}, **more)
    page.set_default_timeout(30 * lab.SECONDS)
    page.errors = []
    page.on("pageerror", lambda error: page.errors.append(str(error)))
    page.goto((site / "index.html").as_uri())
    page.locator("#rebuilt[aria-label*=nearest]").wait_for()
    return page


def code(page):
    return [float(v) for v in page.locator("#code-words").inner_text().split(", ")]


def test_the_point_is_dragged_and_moved_with_keys(chrome, site):
    page = opened(chrome, site)
    before = page.locator("#rebuilt").evaluate("c => c.toDataURL()")
    box = page.locator("#map").bounding_box()
    page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 0.1 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 0.2 * box["height"], steps=3)
    page.mouse.up()
    assert code(page) == pytest.approx([0.1, 0.2], abs=0.02)
    assert page.locator("#rebuilt").evaluate("c => c.toDataURL()") != before
    page.locator("#first").focus()
    page.keyboard.press("ArrowRight")
    assert code(page)[0] == pytest.approx(0.11, abs=0.02)
    assert page.errors == []


def test_a_drawn_three_comes_back_as_a_three(chrome, site):
    page = opened(chrome, site)
    box = page.locator("#board").bounding_box()
    at = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in THREE]
    page.mouse.move(*at[0])
    page.mouse.down()
    for x, y in at:
        page.mouse.move(x, y, steps=4)
    page.mouse.up()
    assert "nearest to the 3s" in page.locator("#rebuilt").get_attribute("aria-label")
    page.locator("#wipe").click()
    assert page.locator("#draw-here").is_visible()


def test_it_moves_by_itself_only_where_motion_is_welcome_and_can_be_stopped(chrome, site):
    still = opened(chrome, site)
    before = code(still)
    still.wait_for_timeout(1500)
    assert code(still) == before
    moving = opened(chrome, site, reduced_motion="no-preference")
    moving.wait_for_function(f"document.getElementById('code-words').textContent != '{before}'")
    assert moving.locator("#play").inner_text() == "Hold still"
    moving.locator("#play").click()
    stopped = code(moving)
    moving.wait_for_timeout(500)
    assert code(moving) == stopped


@pytest.mark.parametrize("size", list(SIZES))
def test_nothing_is_wider_than_the_screen(chrome, site, size):
    page = opened(chrome, site, size)
    assert page.evaluate("document.documentElement.scrollWidth") == SIZES[size][0]
    if size != "phone":
        box = page.locator("#map").bounding_box()
        assert box["y"] + box["height"] <= SIZES[size][1] + 20, "the map is below the fold"


def test_without_scripts_there_is_a_picture(chrome, site):
    page = chrome.new_context(java_script_enabled=False).new_page()
    page.goto((site / "index.html").as_uri())
    assert page.locator("img.fallback").is_visible()
    assert not page.locator(".stages").is_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1366])
def test_axe_finds_nothing(site, theme, width):
    if checks.find_axe() is None:
        pytest.skip("needs axe-core")
    assert checks.axe(site, "index.html", theme, width) == []
