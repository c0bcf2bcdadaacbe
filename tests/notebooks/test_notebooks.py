"""Every notebook runs from its first cell to its last, here on small parameters.

A notebook has a cell tagged ``parameters`` near its top; ``SMALL`` names what a cell injected
behind it sets otherwise for the tests.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from typing import Any

import pytest
from cli_fixtures import ROOT

FOLDER = ROOT / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
#: Notebook → parameters for the tests, so that each takes seconds.
SMALL: dict[str, dict[str, Any]] = {
    "01_first_matches.ipynb": {"candidates": 10},
    "02_how_good_is_it.ipynb": {"judged_sets": "", "failures": 1},
}
#: Such pictures are read with the text; more than this makes a repository heavy.
LARGEST = 600_000
#: Somebody's folders: of Linux, macOS and Windows.
PLACES = re.compile(r"/(home|root|Users|tmp|work|var|opt|mnt)/|[A-Z]:\\\\|site-packages")


def load(path: Path) -> Any:
    import nbformat

    return nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]


def output_text(cell: Any) -> str:
    """Return what a cell shows, without its pictures."""
    found = [output.get("text", "") for output in cell.get("outputs", ())]
    for output in cell.get("outputs", ()):
        found += [str(v) for k, v in output.get("data", {}).items() if k.startswith("text/")]
        found += output.get("traceback", ())
    return "\n".join(found)


def parameters_cell(notebook: Any) -> int:
    tagged = [
        number
        for number, cell in enumerate(notebook.cells)
        if "parameters" in cell.metadata.get("tags", ())
    ]
    assert len(tagged) == 1, "one cell is tagged “parameters”"
    return tagged[0]


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_on_small_parameters(path: Path, prepared: Path, tmp_path: Path) -> None:
    from nbclient import NotebookClient
    from nbformat.v4 import new_code_cell

    notebook = load(path)
    source = "\n".join(f"{name} = {value!r}" for name, value in SMALL.get(path.name, {}).items())
    notebook.cells.insert(
        parameters_cell(notebook) + 1,
        new_code_cell(source),  # type: ignore[no-untyped-call]
    )
    with warnings.catch_warnings():
        # Of the client and its event loop, not ours.
        warnings.simplefilter("ignore")
        client = NotebookClient(
            notebook, timeout=900, kernel_name="python3",
            resources={"metadata": {"path": str(tmp_path)}},
        )  # fmt: skip
        client.execute()
    assert all(
        cell.execution_count
        for cell in notebook.cells
        if cell.get("source") and cell.cell_type == "code"
    )


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_is_kept_run_and_small(path: Path) -> None:
    notebook = load(path)
    parameters_cell(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    counted = [cell.execution_count for cell in code]
    assert counted == list(range(1, len(code) + 1)), "run it from the top before it is kept"
    assert path.stat().st_size < LARGEST
    for cell in notebook.cells:
        shown = output_text(cell)
        assert not PLACES.search(shown), f"a path of somebody's machine: {shown[:300]}"
        assert "Traceback" not in shown
