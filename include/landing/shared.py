"""What several runs use and one of them makes: where it lies, and who is at it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from include.landing.claims import Claim, claim
from include.landing.place import Place
from include.landing.pointers import point, pointed


@dataclass(frozen=True)
class SharedPlace:
    """Something with a name that an account's runs share."""

    folder: Place
    name: str
    account: str
    clock: Callable[[], datetime]
    pause: Callable[[float], None]

    @property
    def address(self) -> str | None:
        """Where the newest manifest lies, if somebody has made one."""
        return pointed(self.folder / f"{self.name}.json", self.account)

    def publish(self, address: str) -> None:
        """Has everybody find this manifest from now on."""
        point(self.folder / f"{self.name}.json", self.account, address)

    def claim(self, holder: str) -> Claim:
        """Who makes it; look for `address` once more when this is yours.

        Raises:
            AtWork: somebody else is at it.
        """
        return claim(self.folder / f"{self.name}.claim.json", holder, clock=self.clock, pause=self.pause)
