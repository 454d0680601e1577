"""One module per chapter: its checks, and the mistakes they must refuse."""
