"""The step of the build backend that compiles the templates: a wheel, and an editable installation, bring them along compiled."""

from __future__ import annotations

import sys
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class CompiledTemplates(BuildHookInterface[Any]):
    """Writes `templates/_compiled.py`, which git ignores, before the files of a wheel are gathered."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        sys.path.insert(0, self.root)
        try:
            from chartgen.workshop import compiled_templates
        except ImportError as missing:
            # without build isolation the backend sees only what is installed; then the first build compiles them
            self.app.display_warning(f"the templates are not compiled ahead: {missing}")
            return
        finally:
            sys.path.remove(self.root)
        made = compiled_templates.write().relative_to(self.root).as_posix()
        self.app.display_info(f"compiled the templates to {made}")
