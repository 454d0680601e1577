"""Oracle for framework."""
