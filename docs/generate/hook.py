"""What MkDocs calls: the generated pages join those that lie in ``docs/``.

MkDocs must be started as ``python -m mkdocs`` in the root of the repository, as ``make docs`` does, so
that the library and this package are found.
"""

from __future__ import annotations

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files

from docs.generate import api, command_line, configuration, figures, results


def pages() -> dict[str, str]:
    """Path below ``docs/`` and Markdown of every generated page."""
    return {
        **api.pages(),
        "reference/command_line.md": command_line.page(),
        "reference/configuration.md": configuration.page(),
        "reference/figures.md": figures.page(),
        "results/index.md": results.page(),
    }


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages to the files of the site."""
    for path, text in pages().items():
        files.append(File.generated(config, path, content=text))
    return files
