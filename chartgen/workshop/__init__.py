"""What only generates committed files: the schema, its editors' form, pages, expanded CRDs. No user runs it."""
