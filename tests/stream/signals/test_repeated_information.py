"""Asked for what was asked before."""

from tests.support.builders import opened, reopened, replied, resolved, transferred
from tests.support.desk import D, H, asked, judge, said

NAME = "repeated_information"
OPENED = opened("T", 0)


def test_the_second_question_for_a_field_opens_it_and_the_resolve_ends_it() -> None:
    events = (OPENED, asked("T", H, "email"), transferred("T", 2 * H, "b"), asked("T", 3 * H, "email"),
              replied("T", 4 * H, "customer"), resolved("T", 5 * H))  # fmt: skip
    run = judge(NAME, *events, until=D)
    assert run.history(NAME) == [(3 * H, "opened queue T #1"), (5 * H, "resolved queue T #1")]
    assert run.alerts[0].text == "Ticket T: 2 questions for email, asked before"
    assert run.alerts[0].numbers == {"questions": 2, "fields": 1}
    assert len(run.alerts[0].evidence) == 2


def test_different_fields_are_no_repetition() -> None:
    assert said(NAME, OPENED, asked("T", H, "email"), asked("T", 2 * H, "order"), until=D) == []


def test_one_more_field_amends_it() -> None:
    events = [asked("T", n * H, f) for n, f in enumerate(("email", "email", "order", "order"), start=1)]
    assert said(NAME, OPENED, *events, until=D) == [(2 * H, "opened queue T #1"), (4 * H, "amended queue T #1")]


def test_after_a_reopen_it_holds_anew_only_from_a_new_question() -> None:
    first = (OPENED, asked("T", H, "email"), asked("T", 2 * H, "email"), resolved("T", 3 * H), reopened("T", 4 * H))
    ended = [(2 * H, "opened queue T #1"), (3 * H, "resolved queue T #1")]
    assert said(NAME, *first, until=D) == ended
    assert said(NAME, *first, asked("T", 6 * H, "email"), until=D) == [*ended, (6 * H, "opened queue T #2")]


def test_asked_on_different_tickets_is_not_this_signal() -> None:
    assert said(NAME, OPENED, opened("U", 0), asked("T", H, "email"), asked("U", H, "email"), until=D) == []


def test_a_late_question_makes_the_earlier_one_a_repetition() -> None:
    """In event time the order is: 1 h, 2 h; the log hears the first one last."""
    events = (OPENED, asked("T", 2 * H, "email"), asked("T", H, "email", log=9 * H))
    assert said(NAME, *events, until=D) == [(9 * H, "opened queue T #1")]
    assert judge(NAME, *events, until=D).alerts[0].since % D == 2 * H
