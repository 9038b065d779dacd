"""From one channel to another, about what is not settled."""

from tests.support.builders import event, opened, reopened, replied, resolved, updated
from tests.support.desk import D, H, asked, judge, said

NAME = "channel_switch"
CHAT = opened("T", 0, "chat", topic="billing")
PHONE = opened("U", 5 * H, "phone", topic="billing")
OPEN = (5 * H, "opened queue billing #1")


def test_another_channel_without_an_answer_until_the_issue_is_settled() -> None:
    run = judge(NAME, CHAT, PHONE, resolved("U", 7 * H), resolved("T", 9 * H), until=9 * D)
    assert run.history(NAME) == [OPEN, (9 * H, "resolved queue billing #1")]
    alert = run.alerts[0]
    assert alert.text == "Switched channel about “billing” (chat, phone) without an answer in between"
    assert alert.numbers == {"switches": 1, "channels": 2, "tickets": 2}
    assert len(alert.evidence) == 2


def test_an_answer_in_between_is_no_friction() -> None:
    assert said(NAME, CHAT, replied("T", H, "agent"), PHONE, until=9 * D) == []


def test_a_bot_is_no_answer() -> None:
    assert said(NAME, CHAT, replied("T", H, "bot"), PHONE, until=9 * D) == [OPEN]


def test_asked_twice_it_is_friction_in_spite_of_the_answer() -> None:
    events = (CHAT, asked("T", H, "email"), replied("T", H, "agent"), PHONE, asked("U", 6 * H, "email"))
    run = judge(NAME, *events, until=9 * D)
    assert run.history(NAME) == [(6 * H, "opened queue billing #1")]
    assert run.alerts[0].text.endswith("and was asked the same again")


def test_beyond_24_h_it_is_another_contact() -> None:
    assert said(NAME, CHAT, opened("U", 24 * H, "phone", topic="billing"), until=9 * D) != []
    assert said(NAME, CHAT, opened("U", 24 * H + 1, "phone", topic="billing"), until=9 * D) == []


def test_a_settled_issue_or_another_one_is_no_switch() -> None:
    assert said(NAME, CHAT, resolved("T", H), PHONE, until=9 * D) == []
    assert said(NAME, CHAT, opened("U", H, "phone", topic="login"), until=9 * D) == []
    assert said(NAME, CHAT, opened("U", H, "chat", topic="billing"), until=9 * D) == []


def through(channel: str, at: int):
    return event("ticket.replied", at, {"ticket": "T", "author": "customer", "channel": channel})


def test_a_reply_on_the_same_ticket_through_another_channel() -> None:
    """Desks that keep one ticket for all channels say it with the reply."""
    assert said(NAME, CHAT, replied("T", H, "customer"), until=9 * D) == []
    events = (CHAT, through("email", H), through("phone", 2 * H))
    assert said(NAME, *events, until=9 * D) == [(H, "opened queue billing #1"), (2 * H, "amended queue billing #1")]


def test_a_reopen_begins_anew() -> None:
    events = (CHAT, PHONE, resolved("U", 6 * H), resolved("T", 7 * H), reopened("T", 8 * H))
    assert said(NAME, *events, until=9 * D) == [OPEN, (7 * H, "resolved queue billing #1")]


def test_what_was_said_before_a_reopen_counts() -> None:
    """A resolve that was undone settled nothing: the other channel is that of an issue which nobody answered."""
    undone = (CHAT, resolved("T", H), reopened("T", 2 * H))
    assert said(NAME, *undone, PHONE, until=9 * D) == [OPEN]
    assert said(NAME, *undone, replied("T", 3 * H, "agent"), PHONE, until=9 * D) == []
    late = opened("U", 24 * H + 1, "phone", topic="billing")
    assert said(NAME, *undone, late, until=9 * D) == []


def test_asked_before_a_reopen_and_again_after_it() -> None:
    undone = (CHAT, asked("T", H, "email"), replied("T", H, "agent"), resolved("T", 2 * H), reopened("T", 3 * H))
    again = (PHONE, asked("U", 6 * H, "email"))
    assert said(NAME, *undone, *again, until=9 * D) == [(6 * H, "opened queue billing #1")]


def test_a_topic_corrected_later_takes_it_back() -> None:
    events = (CHAT, PHONE, updated("U", 8 * H, topic="login"))
    assert said(NAME, *events, until=9 * D) == [OPEN, (8 * H, "withdrawn queue billing #1")]


def test_a_late_answer_takes_it_back() -> None:
    assert said(NAME, CHAT, PHONE, replied("T", H, "agent", log=9 * H), until=9 * D) == [
        OPEN,
        (9 * H, "withdrawn queue billing #1"),
    ]


def test_no_topic_equals_only_no_topic() -> None:
    assert said(NAME, opened("T", 0, "chat"), opened("U", H, "phone"), until=9 * D) == [(H, "opened queue  #1")]
    assert said(NAME, opened("T", 0, "chat"), opened("U", H, "phone", topic="x"), until=9 * D) == []
