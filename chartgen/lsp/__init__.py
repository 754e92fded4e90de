"""The language server: what `check`, `explain` and `fix` know, while a values file is typed."""
