"""Take a picture of every page: ``python tests/browser/pictures.py FOLDER [NAME…]``.

Each page in Chinese and English, 1440 and 390 pixels wide, over the sample's records. With names,
only those pages (see rooms.py).
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

sys.path[:0] = [str(Path(__file__).parents[1]), str(Path(__file__).parents[2])]

from furniture import stock  # noqa: E402
from office import Office  # noqa: E402
from rooms import furnish  # noqa: E402
from site_fixtures import LANGUAGES, NARROW, WIDE, chromium, house, serve  # noqa: E402

from matcher import settings  # noqa: E402

SIZES = {"1440": WIDE, "390": NARROW}


def main(folder: Path, names: list[str]) -> None:
    """Write FOLDER/LANGUAGE/WIDTH/PAGE.png."""
    with tempfile.TemporaryDirectory() as place:
        home = house(Path(place) / "home", settings.home())
        tokens = stock(home)
        with serve(home) as site, chromium() as browser:
            office = Office(site, browser, tokens)
            rooms = [room for room in furnish(office) if not names or room.name in names]
            for lang in LANGUAGES:
                for width, size in SIZES.items():
                    target = folder / lang / width
                    target.mkdir(parents=True, exist_ok=True)
                    for room in rooms:
                        page = office.visit(room, lang, size)
                        # As high as the page: what sticks to the window's end covers nothing.
                        height = page.evaluate("document.documentElement.scrollHeight")
                        page.set_viewport_size({"width": size["width"], "height": height})
                        page.screenshot(path=target / f"{room.name}.png", full_page=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
