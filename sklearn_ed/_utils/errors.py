"""What the user can mend: wrong data, a missing file, a wrong option."""


class UnusableInput(ValueError):
    """The work cannot start; the message says what was expected and what came."""
