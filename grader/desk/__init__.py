"""The learner's desk: all that is done there besides checking, a module or two for each word."""
