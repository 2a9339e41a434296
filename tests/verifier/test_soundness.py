"""What BPMN models do, element by element, and the ways in which they are unsound, each with a shortest path."""

from __future__ import annotations

import pytest

from tests.verifier.drawing import definitions, judged, process, sub

SOUND = [
    ("a task", process("p", "s:start a:task e:end", "s>a a>e"), ""),
    ("a choice", process("p", "s:start x:xor a:task b:task y:xor e:end", "s>x x>a x>b a>y b>y y>e"), ""),
    ("parallel branches", process("p", "s:start x:and a:task b:task y:and e:end", "s>x x>a x>b a>y b>y y>e"), ""),
    ("several ends of parallel branches", process("p", "s:start x:and a:task b:task e:end f:end", "s>x x>a x>b a>e b>f"), ""),
    ("an implicit split and a join", process("p", "s:start a:task b:task c:task y:and e:end", "s>a a>b a>c b>y c>y y>e"), ""),
    ("inclusive split and join", process("p", "s:start x:or a:task b:task c:task y:or e:end", "s>x x>a x>b x>c a>y b>y c>y y>e"), ""),
    ("a loop", process("p", "s:start x:xor a:task y:xor e:end", "s>x x>a a>y y>x y>e"), ""),
    ("inclusive join behind a loop", process(
        "p", "s:start o:or m:xor a:task n:xor b:task y:or e:end", "s>o o>m m>a a>n n>m n>y o>b b>y y>e"), ""),
    ("an event gateway", process("p", "s:start g:evt t:timer m:msgin y:xor e:end", "s>g g>t g>m t>y m>y y>e"), ""),
    ("a link", process("p", "s:start a:linkout b:linkin e:end", "s>a b>e"), ""),
    ("a sub-process that waits for all its branches", process(
        "p", "s:start e:end", "s>q q>e", sub("q", "qs:start x:and a:task b:task qe:end qf:end", "qs>x x>a x>b a>qe b>qf")), ""),
    ("a sub-process interrupted by time", process(
        "p", "s:start t:bnd(q,timer) y:xor e:end", "s>q q>y t>y y>e", sub("q", "qs:start a:task b:task qe:end", "qs>a a>b b>qe")), ""),
    ("an error caught outside", process(
        "p", "s:start t:bnd(q,error) e:end f:end", "s>q q>e t>f",
        sub("q", "qs:start x:and a:task b:task qe:errorend qf:end", "qs>x x>a x>b a>qe b>qf", "")), "dead"),
    ("a timer that does not interrupt", process("p", "s:start a:task t:soft(a,timer) b:task e:end f:end", "s>a a>e t>b b>f"), ""),
    ("terminate ends parallel branches", process(
        "p", "s:start x:and a:task b:task e:terminate f:end", "s>x x>a x>b a>e b>f"), ""),
    ("an event sub-process", process(
        "p", "s:start a:task e:end", "s>a a>e", sub("q", "qs:timerstart b:task qe:end", "qs>b b>qe", event=True)), ""),
    ("a call", definitions, ""),
    ("two start events", process("p", "s:start t:start y:xor e:end", "s>y t>y y>e"), ""),
    ("no start event", process("p", "a:task b:task", "a>b"), ""),
]


@pytest.mark.parametrize(("name", "drawn", "note"), SOUND, ids=[row[0] for row in SOUND])
def test_sound(name: str, drawn: object, note: str) -> None:
    if drawn is definitions:
        data = definitions(process("p", "s:start c:call(q) e:end", "s>c c>e"), process("q", "qs:start a:task qe:end", "qs>a a>qe"))
    else:
        data = definitions(str(drawn))
    found = judged(data)
    if note == "dead":  # the error always wins, so the way behind the sub-process is dead
        assert [(each.kind, each.elements) for each in found.flaws] == [("dead element", ("e",))]
        return
    assert (found.verdict, found.flaws, found.reason) == ("sound", (), "")
    assert set(found.properties.values()) == {"holds"}


UNSOUND = [
    ("a join of a choice", process("p", "s:start x:xor a:task b:task y:and e:end", "s>x x>a x>b a>y b>y y>e"),
     "deadlock", {"y"}, ("s", "x", "a")),
    ("a choice behind a split", process("p", "s:start x:and a:task b:task y:xor e:end", "s>x x>a x>b a>y b>y y>e"),
     "lack of synchronisation", {"y_e"}, ("s", "x", "a", "b", "y", "y")),
    ("one end reached twice", process("p", "s:start a:task b:task c:task e:end", "s>a a>b a>c b>e c>e"),
     "improper completion", {"e"}, ("s", "a", "b", "c", "e", "e")),
    ("a step that nothing leads to", process("p", "s:start a:task b:task e:end", "s>a a>e b>e"), "dead element", {"b"}, ()),
    ("a loop without a way out", process("p", "s:start x:xor a:task e:end y:xor b:task z:xor", "s>y y>e y>x x>a a>z z>b b>x"),
     "livelock", {"x", "a", "z", "b"}, ("s", "y")),
    ("an inclusive split joined in parallel", process("p", "s:start x:or a:task b:task y:and e:end", "s>x x>a x>b a>y b>y y>e"),
     "deadlock", {"y"}, ("s", "x", "a")),
    ("a message that never comes", definitions(
        process("p", "s:start r:msgin e:end", "s>r r>e"), process("q", "t:start x:xor o:msgout f:end g:end", "t>x x>o x>g o>f"),
        messages="o>r"), "deadlock", {"r"}, ("s", "t", "x", "g")),
    ("a signal nobody waits for yet", process(
        "p", "s:start x:and o:sigout i:sigin e:end f:end", "s>x x>o o>e x>a a>i i>f", '<task id="a"/>'),
     "deadlock", {"i"}, ("s", "x", "o", "a", "e")),
]


@pytest.mark.parametrize(("name", "drawn", "kind", "elements", "path"), UNSOUND, ids=[row[0] for row in UNSOUND])
def test_unsound(name: str, drawn: str | bytes, kind: str, elements: set[str], path: tuple[str, ...]) -> None:
    found = judged(drawn if isinstance(drawn, bytes) else definitions(drawn))
    assert found.verdict == "unsound"
    first = found.flaws[0]
    assert (first.kind, set(first.elements)) == (kind, elements)
    assert sorted(first.path) == sorted(path), first.path
    assert first.reason


UNKNOWN = [
    ("a complex gateway", process("p", "s:start x:complex e:end", "s>x x>e"), "复杂网关"),
    ("a border event that may happen again and again", process(
        "p", "s:start a:task t:soft(a,message) b:task e:end f:end", "s>a a>e t>b b>f"), "可以发生多次"),
]


@pytest.mark.parametrize(("name", "drawn", "reason"), UNKNOWN, ids=[row[0] for row in UNKNOWN])
def test_unknown_says_why(name: str, drawn: str, reason: str) -> None:
    found = judged(definitions(drawn))
    assert found.verdict == "unknown"
    assert reason in found.reason


def test_an_exploration_that_was_cut_is_never_sound() -> None:
    branches = [f"a{i}:task b{i}:task" for i in range(6)]
    flows = [f"x>a{i} a{i}>b{i} b{i}>y" for i in range(6)]
    data = definitions(process("p", f"s:start x:and {' '.join(branches)} y:and e:end", f"s>x {' '.join(flows)} y>e"))
    assert judged(data).verdict == "sound"
    cut = judged(data, states=5)
    assert (cut.verdict, cut.flaws) == ("unknown", ())
    assert "上限" in cut.reason


def test_calls_in_a_circle_are_refused_and_broken_files_named() -> None:
    circle = judged(definitions(process("p", "s:start c:call(q) e:end", "s>c c>e"), process("q", "qs:start d:call(p) qe:end", "qs>d d>qe")))
    assert circle.verdict == "unknown"
    assert "成环" in circle.reason
    assert judged(b"<definitions/>").verdict == "unknown"
    assert judged(b"<!DOCTYPE a><a/>").reason.count("DOCTYPE") == 1


def test_pools_that_answer_each_other_are_sound_and_left_messages_are_told() -> None:
    ask = process("p", "s:start o:msgout r:msgin e:end", "s>o o>r r>e")
    answer = process("q", "t:msgstart a:msgout f:end", "t>a a>f")
    found = judged(definitions(ask, answer, messages="o>t a>r"))
    assert (found.verdict, found.messages_left) == ("sound", False)
    deaf = process("q", "t:msgstart a:msgout b:msgout f:end", "t>a a>b b>f")
    loud = judged(definitions(ask, deaf, messages="o>t a>r b>r"))
    assert (loud.verdict, loud.messages_left) == ("sound", True)
