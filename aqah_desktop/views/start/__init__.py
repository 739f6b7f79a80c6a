"""The first page: seven territory cards, recent projects."""
