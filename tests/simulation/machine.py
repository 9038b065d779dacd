"""A machine without time: one event loop whose clock jumps to what is due next, and processes that may sleep or die.

A process is a context: whatever is called, awaited or scheduled in it belongs to it. Asleep (SIGSTOP), its callbacks
wait; dead (kill -9), they are never run. Nothing else is done to it, so it may stop between any two steps.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine
from contextvars import Context, ContextVar, copy_context
from typing import Any, Self

PROCESS: ContextVar[Process | None] = ContextVar("process", default=None)


class Died(BaseException):
    """Unwinds what a process was doing when it ended itself."""


class Process:
    """One life of one worker."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.alive = True
        self.asleep = False
        self.skew = 0.0  # seconds that its wall clock is ahead
        self.context = copy_context()
        self.context.run(PROCESS.set, self)
        self._held: list[tuple[Context, Callable[..., Any], tuple[Any, ...]]] = []

    def __repr__(self) -> str:
        return self.name

    def run(self, loop: Machine, main: Coroutine[Any, Any, None]) -> None:
        loop.create_task(main, context=self.context)

    def kill(self) -> None:
        self.alive = False
        self._held.clear()

    def sleep(self) -> None:
        self.asleep = True

    def wake(self) -> None:
        self.asleep = False
        held, self._held = self._held, []
        loop = asyncio.get_running_loop()
        for context, callback, arguments in held:
            loop.call_soon(callback, *arguments, context=context)

    def step(self, context: Context, callback: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        if self.asleep:
            self._held.append((context, callback, arguments))
        elif self.alive:
            callback(*arguments)


class Machine(asyncio.BaseEventLoop):
    """The loop. Use `with`; the clock begins at 0."""

    def __init__(self) -> None:
        super().__init__()
        self._now = 0.0
        self._selector = self  # BaseEventLoop asks it to wait
        self._tasks: list[asyncio.Task[Any]] = []
        self.set_task_factory(self._task)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """What is left of the dead ends here, in order, and without a word."""
        for task in self._tasks:
            if not task.done():
                task._log_destroy_pending = False  # type: ignore[attr-defined]
                with contextlib.suppress(BaseException):
                    task.get_coro().close()
            elif not task.cancelled():
                task.exception()
        self.close()

    def time(self) -> float:
        return self._now

    def call_soon(self, callback: Any, *arguments: Any, context: Context | None = None) -> asyncio.Handle:  # type: ignore[override]
        return super().call_soon(*self._gated(callback, arguments, context), context=context)

    def call_at(  # type: ignore[override]
        self, when: float, callback: Any, *arguments: Any, context: Context | None = None
    ) -> asyncio.TimerHandle:
        return super().call_at(when, *self._gated(callback, arguments, context), context=context)

    def _gated(self, callback: Any, arguments: tuple[Any, ...], context: Context | None) -> tuple[Any, ...]:
        process = PROCESS.get() if context is None else context.get(PROCESS)
        if process is None:
            return (callback, *arguments)
        return (process.step, copy_context() if context is None else context, callback, arguments)

    def _task(self, loop: Any, coroutine: Any, **options: Any) -> asyncio.Task[Any]:
        task: asyncio.Task[Any] = asyncio.Task(coroutine, loop=loop, **options)
        self._tasks.append(task)  # the dead's too: collected at another time, they would end at another time
        return task

    # what BaseEventLoop asks of a selector

    def select(self, timeout: float | None) -> list[Any]:
        assert timeout is not None, "nothing will ever happen again"
        self._now += timeout
        return []

    def _process_events(self, events: list[Any]) -> None:
        pass

    def _write_to_self(self) -> None:
        pass
