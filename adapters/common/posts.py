"""Requests posted on a WebSocket that wait for their answers; it sends nothing."""

import asyncio
from collections.abc import Callable

from adapters.common.errors import NotSent, OutcomeUnknown


class _Post[Answer]:
    """One request in flight."""

    __slots__ = ("answer", "due_at", "timeout_secs")

    def __init__(self, answer: asyncio.Future[Answer], due_at: float, timeout_secs: float) -> None:
        self.answer = answer
        self.due_at = due_at
        self.timeout_secs = timeout_secs


class PostBook[Answer]:
    """
    All posts in flight of one client, by id; ids rise and are never used again.

    `Answer` is what the venue's answers are decoded into.

    Parameters
    ----------
    loop : asyncio.AbstractEventLoop
        The loop in which everything runs.
    in_flight_max : int
        How many the venue takes at a time.
    on_unanswered : Callable[[], None], optional
        Told when answers have not come in time: the line that they were due on may be dead.

    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        in_flight_max: int,
        on_unanswered: Callable[[], None] = lambda: None,
    ) -> None:
        self._loop = loop
        self._on_unanswered = on_unanswered
        self._in_flight_max = in_flight_max
        self._last_id = 0
        self._posts: dict[int, _Post[Answer]] = {}
        # One timer for all, set for the post that is due first: starting one costs as much as
        # everything else here, and nearly none is ever needed.
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def is_full(self) -> bool:
        """Whether the venue would not take one more."""
        return len(self._posts) >= self._in_flight_max

    def next_id(self) -> int:
        """
        Return the id of the next request.

        Raises
        ------
        NotSent
            If the venue would not take one more.

        """
        if self.is_full:
            raise NotSent(f"Expected at most {self._in_flight_max} posts in flight, was one more")
        self._last_id += 1
        return self._last_id

    def expect(self, post_id: int, timeout_secs: float) -> asyncio.Future[Answer]:
        """
        Return the answer to come to a request that was just written.

        Its exception is OutcomeUnknown, after so many seconds or from `give_up`.
        """
        answer: asyncio.Future[Answer] = self._loop.create_future()
        post = _Post(answer, self._loop.time() + timeout_secs, timeout_secs)
        self._posts[post_id] = post
        if self._alarm is None or post.due_at < self._alarm.when():
            self._set_alarm(post.due_at)
        return post.answer

    def settle(self, post_id: int, answer: Answer) -> bool:
        """Hand an answer to who waits for it; return False if nobody does (any more)."""
        post = self._posts.pop(post_id, None)
        if post is None:
            return False
        if not post.answer.done():
            post.answer.set_result(answer)
        return True

    def give_up(self, post_id: int, words: str) -> bool:
        """Call the outcome of one request unknown; return False if it is not in flight."""
        post = self._posts.pop(post_id, None)
        if post is None:
            return False
        if not post.answer.done():
            post.answer.set_exception(OutcomeUnknown(words))
        return True

    def give_up_all(self, words: str) -> None:
        """Call the outcome of every request in flight unknown: no answer can come any more."""
        for post_id in list(self._posts):
            self.give_up(post_id, words)
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None

    def _set_alarm(self, at: float) -> None:
        if self._alarm is not None:
            self._alarm.cancel()
        self._alarm = self._loop.call_at(at, self._on_alarm)

    def _on_alarm(self) -> None:
        self._alarm = None
        now = self._loop.time()
        late = {number: post for number, post in self._posts.items() if post.due_at <= now}
        for post_id, post in late.items():
            self.give_up(post_id, f"No answer to post {post_id} within {post.timeout_secs:g} s")
        if late:
            self._on_unanswered()
        if self._posts:
            self._set_alarm(min(post.due_at for post in self._posts.values()))
