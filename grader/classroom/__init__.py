"""The teacher's room: mark the submissions of a class, unattended, and defend the marks."""
