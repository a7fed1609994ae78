"""A project with finished results, and pages over it without a browser."""

import pytest
from tests.app.project import STUDIES, make

from personae.core.paths import PACKAGE

pytest.importorskip("streamlit", reason="no Streamlit: the extra `app` brings it")

PAGES = ("overview", "people", "whatif", "contact", "rules", "days", "runs")


class Browser:
    """Pages of a project as AppTest draws them."""

    def __init__(self, root):
        from streamlit import cache_resource
        from streamlit.testing.v1 import AppTest

        self.root = root
        cache_resource.clear()
        self.page = AppTest.from_file(str(PACKAGE / "app" / "main.py"), default_timeout=60).run()

    def visit(self, name, study=STUDIES[0]):
        self.page.session_state["study"] = study
        self.page = self.page.switch_page(f"views/{name}.py").run()
        assert not self.page.exception, self.page.exception
        return self.page

    @property
    def html(self):
        return [
            each.proto.body for each in self.page.get("html") if not each.proto.body.startswith("<style>")
        ]

    @property
    def text(self):
        """Text of the page's HTML, tags left out."""
        from markupsafe import Markup

        return "\n".join(Markup(part).striptags() for part in self.html)


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """All studies as committed."""
    return make(tmp_path_factory.mktemp("app"))


@pytest.fixture
def browse(monkeypatch):
    """Open the pages of a project."""

    def opened(root):
        monkeypatch.chdir(root)
        return Browser(root)

    return opened
