"""The account's meetings."""

from include.sandbox.people import People


class Meetings:
    """Every meeting of every day."""

    def __init__(self, people: People) -> None:
        self.people = people
