"""The ledger: whose calls, and which of them led to a stored answer."""

from __future__ import annotations

from text2sql.calls import Call, Ledger, last_attempts, total


def test_a_ledger_gives_each_question_its_own_calls_once() -> None:
    ledger = Ledger()
    calls = [Call("a", "draft"), Call("b", "generate"), Call("a", "generate")]
    for call in calls:
        ledger.add(call)
    assert ledger.take("a") == [calls[0], calls[2]]
    assert ledger.take("a") == []
    assert ledger.take("b") == [calls[1]]
    assert ledger.take("c") == []


def made(question: str, *stages: str, n: int = 0) -> list[Call]:
    return [Call(question, stage, n=n) for stage in stages]


def test_the_attempt_that_led_to_the_answer() -> None:
    first, second = made("a", "draft", "generate", "question", n=1), made("a", "draft", "question", n=2)
    other = made("b", "generate", "question")
    assert last_attempts([*first, *other]) == [*first, *other]
    assert last_attempts([*first, *other, *second]) == [*second, *other]
    assert last_attempts([*first, *second, *made("a", "question", n=3)]) == made("a", "question", n=3)


def test_calls_of_several_questions_may_be_mixed() -> None:
    first, second = made("a", "draft", "question", n=1), made("a", "generate", "question", n=2)
    other = made("b", "generate", "question")
    mixed = [first[0], other[0], first[1], second[0], other[1], second[1]]
    assert last_attempts(mixed) == [*second, *other]


def test_an_attempt_that_was_not_ended_counts_by_itself() -> None:
    # As written before questions had a line of their own.
    assert last_attempts(made("a", "generate", n=1)) == made("a", "generate", n=1)
    assert last_attempts([]) == []
    ended = made("a", "generate", "question", n=1)
    assert last_attempts([*ended, *made("a", "generate", n=2)]) == made("a", "generate", n=2)


def test_a_total_is_of_what_is_known() -> None:
    assert (total([1, None, 2]), total([None, 0.0]), total([None]), total([])) == (3, 0.0, None, None)
