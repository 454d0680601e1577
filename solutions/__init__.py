"""The reference: one module per chapter, importing only earlier ones."""
