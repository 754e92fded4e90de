"""Changes to the text of a values file that touch only the lines concerned."""
