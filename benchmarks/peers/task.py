"""What the harness tells a tool: one JSON file, the first argument. Imports nothing that a peer may lack."""

import json
import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Task:
    """Copy an account's users, one day's meetings and their participants."""

    url: str
    """The server; the API is below /v2, the token endpoint is /oauth/token."""
    postgres: str
    """A libpq address of an own database."""
    folder: str
    """An own folder: what an extract leaves, `<table>.ndjson`, and whatever the tool keeps between runs."""
    day: str
    """The day to copy the meetings of."""
    today: str
    account_id: str
    client_id: str
    client_secret: str = field(repr=False)
    limits: bool = False
    """Whether requests may be refused for their rate, so that there is a pace to keep."""
    extract_only: bool = False

    @classmethod
    def read(cls) -> "Task":
        """As the command line names it."""
        return cls(**json.loads(Path(sys.argv[1]).read_text()))

    def write(self, path: Path) -> Path:
        """As `read` takes it."""
        path.write_text(json.dumps(self.__dict__))
        return path


TABLES = ("users", "meetings", "meeting_participants")
STATUSES = ("active", "inactive", "pending")
"""Of users: Zoom lists those of one status at a time."""
