"""One module per data set, with one function of the same name."""
