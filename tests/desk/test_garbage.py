"""What a run is made of is not looked at by collections; what comes later is."""

import gc
import weakref

from desk.garbage import start_spared


class Knot:
    """Something that only a collection frees: it holds itself."""

    def __init__(self) -> None:
        self.itself = self


def test_only_what_comes_later_is_looked_at() -> None:
    old = Knot()
    before = weakref.ref(old)
    with start_spared():
        frozen = gc.get_freeze_count()
        assert frozen > len(gc.get_objects())
        later = weakref.ref(Knot())
        del old
        gc.collect()
        assert later() is None
        assert before() is not None
    assert gc.get_freeze_count() == 0
    gc.collect()
    assert before() is None
