"""Go's text/template as Helm has it: text with actions read by its grammar, and worked out as far as values decide it.

`syntax` reads, `evaluate` works out, `functions` is what actions call. Loaded only where a text holds `{{`.
"""
