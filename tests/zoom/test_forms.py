"""Values that Zoom writes for people, as numbers."""

import pytest

from include.zoom.forms import plain
from include.zoom.stream import Form


@pytest.mark.parametrize(
    ("form", "told", "stored"),
    [
        (Form.CLOCK, "00:56", 56),
        (Form.CLOCK, "05:27", 327),
        (Form.CLOCK, "1:05:27", 3927),
        (Form.CLOCK, "123:00:01", 442801),
        (Form.CLOCK, "an hour", "an hour"),
        (Form.CLOCK, "", ""),
        (Form.CLOCK, None, None),
        (Form.SIZE, "3 MB", 3145728),
        (Form.SIZE, "1.5 GB", 1610612736),
        (Form.SIZE, "0", 0),
        (Form.SIZE, "Unlimited", None),
        (Form.PLAIN, "3 MB", "3 MB"),
    ],
)
def test_a_written_value_becomes_a_number(form: Form, told: object, stored: object) -> None:
    """Clocks in seconds, sizes in bytes of 1,024; what is no clock stays, so that it is kept aside."""
    assert plain(form, [told]) == [stored]
