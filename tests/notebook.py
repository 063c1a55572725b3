"""docs/notebook.ipynb run on a publication, by a kernel of its own. `python tests/notebook.py DATABASE` writes its outputs anew. Not for tests."""

import sys
from pathlib import Path
from typing import Any

import nbformat
from jupyter_client.manager import KernelManager
from nbclient import NotebookClient

FILE = Path(__file__).resolve().parent.parent / "docs" / "notebook.ipynb"


def executed(database: Path) -> Any:
    """The notebook with the outputs this publication gives; its first line of code names the publication."""
    notebook = nbformat.read(FILE, as_version=4)
    first = next(cell for cell in notebook.cells if cell.cell_type == "code")
    written = first.source
    first.source = f"DATABASE = {str(database)!r}"
    # by sockets of the file system: nobody else on the machine can speak to the kernel
    kernels = {"kernel_manager_class": KernelManager, "km": KernelManager(kernel_name="python3", transport="ipc")}
    NotebookClient(notebook, timeout=300, record_timing=False, **kernels).execute()
    first.source = written
    return notebook


def pictures(notebook: Any) -> list[str]:
    """Every picture among the outputs, as PNG in base64."""
    return [output["data"]["image/png"] for cell in code(notebook) for output in cell.outputs if "image/png" in output.get("data", {})]


def texts(notebook: Any) -> list[str]:
    """Every other output, as text."""
    return [output["data"]["text/plain"] for cell in code(notebook) for output in cell.outputs if "image/png" not in output["data"]]


def code(notebook: Any) -> list[Any]:
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


if __name__ == "__main__":
    nbformat.write(executed(Path(sys.argv[1]).resolve()), FILE)
