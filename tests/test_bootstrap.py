from __future__ import annotations

from pathlib import Path

import pytest

from daemons import a_config
from statusbridge.adapters.templates import UnsafeTemplateError
from statusbridge.bootstrap import policy
from statusbridge.secrecy import remember


def test_text_that_holds_a_secret_of_the_program_is_not_rendered(tmp_path: Path) -> None:
    remember("correct-horse-battery-staple")
    render = policy(a_config(tmp_path)).render

    assert render("Of {{ page }}", {"page": "Acme"}) == "Of Acme"
    for source, page in (
        ("Of {{ page }}", "correct-horse-battery-staple"),
        ("correct-horse-{{ page }}", "battery-staple"),
    ):
        with pytest.raises(UnsafeTemplateError, match="it would publish a secret of this program"):
            render(source, {"page": page})
