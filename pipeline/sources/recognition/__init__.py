"""Which layout a folder or archive of a stranger's has, and what its words tell of themselves."""
