"""The account's cloud recordings."""

from include.sandbox.meetings import Meetings
from include.sandbox.people import People


class Recordings:
    """Every recording of every day."""

    def __init__(self, people: People, meetings: Meetings) -> None:
        self.people = people
        self.meetings = meetings
