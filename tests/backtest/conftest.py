"""What the tests of this room share."""

import pytest

from tests.backtest.made import Perpdesk, perpdesk_of


@pytest.fixture
def perpdesk(capsys: pytest.CaptureFixture[str]) -> Perpdesk:
    return perpdesk_of(capsys)
