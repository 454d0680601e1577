"""The grader in a page of the book: the same checks and words, run by the reader's browser."""
