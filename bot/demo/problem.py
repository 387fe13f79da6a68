"""What keeps the demo from running."""


class DemoProblem(Exception):
    """The text says what is wrong and what to do."""
