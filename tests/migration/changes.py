# ruff: noqa: E501 - a row of the table stays together
"""The table of changes: what the new version changes, how far the case has come, and the verdict that it must get."""

from __future__ import annotations

from dataclasses import dataclass

from engine.workflow.mapping import Renaming

MAIN = """startEvent s
userTask a name=受理
exclusiveGateway g default=g_b
userTask b name=调查
userTask f name=集体讨论
exclusiveGateway m
parallelGateway p
userTask c name=审核
userTask d name=核价
serviceTask op name=登记
callActivity call calledElement=inner
parallelGateway j
userTask w name=听取陈述
boundaryEvent late on w : timer <timeDuration>P1D</timeDuration>
exclusiveGateway aw
{ subProcess sub name=送达
startEvent ss
userTask k name=交付
userTask l name=签收
endEvent se
ss -> k -> l -> se
}
userTask multi name=会签
+<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>
inclusiveGateway v
userTask n name=公示
userTask o name=归档
inclusiveGateway x
eventBasedGateway eb
intermediateCatchEvent t1 : timer <timeDuration>P1D</timeDuration>
intermediateCatchEvent t2 : timer <timeDuration>P2D</timeDuration>
exclusiveGateway ae
userTask z name=结案
endEvent e
s -> a -> g
g -> b
g -> f if big
b -> m
f -> m
m -> p -> c -> d -> j
p -> op -> call -> j
j -> w -> aw
late -> aw
aw -> sub -> multi -> v
v -> n if count > 0
n -> x
v -> o if count > 1
o -> x
x -> eb -> t1 -> ae -> z -> e
eb -> t2 -> ae"""
INNER = """startEvent is
userTask i1 name=询问
userTask i2 name=笔录
endEvent ie
is -> i1 -> i2 -> ie"""
STEP = '+<extensionElements><zhifa:step article="行政处罚法 第四十四条"/></extensionElements>'
TO_BLOCK = ("a", "b")
IN_CALL = (*TO_BLOCK, "op")
TO_W = (*IN_CALL, "i1", "i2", "c", "d")
TO_SUB = (*TO_W, "w")
TO_MULTI = (*TO_SUB, "k", "l")
TO_INCLUSIVE = (*TO_MULTI, "multi", "multi")
TO_EVENTS = (*TO_INCLUSIVE, "n", "o")
BORDER = "\nboundaryEvent {0} on {1} : timer <timeDuration>P1D</timeDuration>\nendEvent {0}_e\n{0} -> {0}_e"


@dataclass(frozen=True)
class Change:
    """One row. edits: texts replaced in the main procedure (inner: in the called one); code: of the refusal, empty: moves.

    fresh: the steps that a case of the new version takes to stand where the moved one stands.
    """

    name: str
    edits: tuple[tuple[str, str], ...]
    taken: tuple[str, ...]
    code: str = ""
    inner: tuple[tuple[str, str], ...] = ()
    renaming: Renaming | None = None
    fresh: tuple[str, ...] | None = None


def insert(new: str, before: str, after: str, more: str = "") -> tuple[tuple[str, str], ...]:
    """A new step between two that follow each other in a chain."""
    return (f"{before} -> {after}", f"{before} -> {new} -> {after}"), ("startEvent s\n", f"startEvent s\nuserTask {new}\n{more}\n")


def removed(node: str, line: str, before: str, after: str) -> tuple[tuple[str, str], ...]:
    return (f"{line}\n", ""), (f"{before} -> {node} -> {after}", f"{before} -> {after}")


RENAMED_C = (("userTask c name=审核", "userTask legal name=审核"), ("p -> c -> d", "p -> legal -> d"))
CALL_TWO = ((("callActivity call calledElement=inner", "callActivity call calledElement=other")),)
BORDERED_A = (("userTask a name=受理", "userTask a name=受理" + BORDER.format("la", "a")),)
CHANGES = (
    Change("nothing changes", (), TO_BLOCK),
    Change("a step is inserted ahead", insert("y", "x", "eb"), TO_W),
    Change("a step is inserted right after the current one", insert("y", "c", "d"), TO_BLOCK),
    Change("a statutory step is inserted ahead", insert("y", "x", "eb", STEP), TO_W),
    Change("a step is removed ahead", removed("z", "userTask z name=结案", "ae", "e"), TO_W),
    Change("a step is removed that was passed", removed("a", "userTask a name=受理", "s", "g"), TO_BLOCK, fresh=("b",)),
    Change("the step before the current one is removed", (*removed("c", "userTask c name=审核", "p", "d"),), (*TO_BLOCK, "c"), fresh=TO_BLOCK),
    Change("the current step is removed", removed("d", "userTask d name=核价", "c", "j"), (*TO_BLOCK, "c"), "migration.current_removed"),
    Change("the current step is renamed without a word", RENAMED_C, TO_BLOCK, "migration.current_removed"),
    Change("the current step is renamed and mapped", RENAMED_C, TO_BLOCK, renaming=Renaming(elements={"main": {"c": "legal"}})),
    Change("a passed step is renamed and mapped", RENAMED_C, (*TO_BLOCK, "c"), renaming=Renaming(elements={"main": {"c": "legal"}}), fresh=(*TO_BLOCK, "legal")),
    Change("a step ahead is renamed without a word", (("userTask z name=结案", "userTask zz"), ("ae -> z -> e", "ae -> zz -> e")), TO_BLOCK),
    Change("the title of the current step changes", (("c name=审核", "c name=法制审核"),), TO_BLOCK),
    Change("the current step becomes automatic", (("userTask c", "serviceTask c"),), TO_BLOCK, "migration.current_kind"),
    Change("the current step moves into a sub-process", (
        ("userTask d name=核价\n", "{ subProcess box\nstartEvent bs\nuserTask d\nendEvent be\nbs -> d -> be\n}\n"), ("c -> d -> j", "c -> box -> j")),
        (*TO_BLOCK, "c"), "migration.current_moved"),
    Change("two steps ahead change places", (("ss -> k -> l -> se", "ss -> l -> k -> se"),), TO_W),
    Change("a plain step moves from ahead to behind", (("ae -> z -> e", "ae -> e"), ("s -> a -> g", "s -> z -> a -> g")), TO_W, fresh=("z", *TO_W)),
    Change("a statutory step moves from ahead to behind", (
        ("userTask z name=结案", f"userTask z name=结案\n{STEP}"), ("ae -> z -> e", "ae -> e"), ("s -> a -> g", "s -> z -> a -> g")),
        TO_W, "migration.statutory"),
    Change("a step moves from behind to ahead", (("s -> a -> g", "s -> g"), ("ae -> z -> e", "ae -> a -> z -> e")), TO_W, fresh=TO_W[1:]),
    Change("a statutory step is inserted behind", insert("y", "s", "a", STEP), TO_W, "migration.statutory"),
    Change("a statutory step inserted behind is accepted with a reason", insert("y", "s", "a", STEP), TO_W,
           renaming=Renaming(accepted={"main.y": "立案时尚无此要求"}), fresh=("y", *TO_W)),
    Change("a plain step is inserted behind", insert("y", "s", "a"), TO_W, fresh=("y", *TO_W)),
    Change("a statutory step is inserted on a way not taken", insert("y", "f", "m", STEP), TO_W),
    Change("a statutory step is inserted in a called procedure that was passed", (), TO_W, "migration.statutory",
           inner=(("is -> i1", "is -> y -> i1"), ("endEvent ie", f"endEvent ie\nuserTask y\n{STEP}"))),
    Change("a statutory branch is added to a block that was passed", (
        ("p -> op", "p -> y -> j\np -> op"), ("startEvent s", f"startEvent s\nuserTask y\n{STEP}")), TO_W, "migration.statutory"),
    Change("a branch is added inside an open parallel block", (("p -> op", "p -> y -> j\np -> op"), ("startEvent s", "startEvent s\nuserTask y")),
           TO_BLOCK, "migration.branch_added"),
    Change("a branch is added to a parallel block ahead", (("p -> op", "p -> y -> j\np -> op"), ("startEvent s", "startEvent s\nuserTask y")), ("a",)),
    Change("a branch is added while one waits at the join", (("p -> op", "p -> y -> j\np -> op"), ("startEvent s", "startEvent s\nuserTask y")),
           (*TO_BLOCK, "c", "d"), "migration.join_changed"),
    Change("a branch that waits at the join is removed", (("m -> p -> c -> d -> j", "m -> p"), ("userTask c name=审核\n", ""), ("userTask d name=核价\n", "")),
           (*TO_BLOCK, "c", "d"), "migration.join_changed"),
    Change("an open branch is removed", (("m -> p -> c -> d -> j", "m -> p"), ("userTask c name=审核\n", ""), ("userTask d name=核价\n", "")),
           TO_BLOCK, "migration.current_removed"),
    Change("the join of an open block becomes a plain merge", (("parallelGateway j", "exclusiveGateway j"),), TO_BLOCK, "migration.join_changed"),
    Change("the join of an open block is removed", (("parallelGateway j\n", ""), ("d -> j", "d -> w"), ("call -> j", "call -> w"), ("j -> w -> aw", "w -> aw")),
           TO_BLOCK, "migration.join_changed"),
    Change("a step is inserted into the other branch of an open block", insert("y", "op", "call"), TO_BLOCK),
    Change("a border is added to the current step", (("userTask c name=审核", "userTask c name=审核" + BORDER.format("lc", "c")),),
           TO_BLOCK, "migration.border_added"),
    Change("a border is added to a step ahead", (("userTask z name=结案", "userTask z name=结案" + BORDER.format("lz", "z")),), TO_BLOCK),
    Change("a border is added to a step that was passed", BORDERED_A, TO_BLOCK),
    Change("a border is added to the call in which the case is", (
        ("callActivity call calledElement=inner", "callActivity call calledElement=inner" + BORDER.format("lc", "call")),),
        IN_CALL, "migration.border_added"),
    Change("the border of the current step is removed", (
        ("boundaryEvent late on w : timer <timeDuration>P1D</timeDuration>\n", ""), ("late -> aw\n", "")), TO_W, "migration.border_removed"),
    Change("the limit on the border of the current step changes", (
        ("late on w : timer <timeDuration>P1D", "late on w : timer <timeDuration>P5D"),), TO_W, "migration.border_changed"),
    Change("the border of the current step no longer interrupts", (("late on w :", "late cancelActivity=false on w :"),), TO_W, "migration.border_changed"),
    Change("where the border of the current step leads changes", (("late -> aw", "late -> y -> aw"), ("startEvent s", "startEvent s\nuserTask y")), TO_W),
    Change("the called procedure is exchanged while inside", CALL_TWO, IN_CALL, "migration.call"),
    Change("the called procedure is exchanged ahead", CALL_TWO, TO_BLOCK, fresh=TO_BLOCK),
    Change("the called procedure is renamed and mapped while inside", CALL_TWO, IN_CALL, renaming=Renaming(procedures={"inner": "other"})),
    Change("a step is inserted ahead in the called procedure", (), IN_CALL, inner=(("i1 -> i2", "i1 -> y -> i2"), ("endEvent ie", "endEvent ie\nuserTask y"))),
    Change("the current step of the called procedure is removed", (), IN_CALL, "migration.current_removed",
           inner=(("userTask i1 name=询问\n", ""), ("is -> i1 -> i2", "is -> i2"))),
    Change("a step is inserted ahead in the open sub-process", (("k -> l", "k -> y -> l"), ("userTask k", "userTask y\nuserTask k")), TO_SUB),
    Change("a statutory step is inserted behind in the called procedure", (), (*IN_CALL, "i1"), "migration.statutory",
           inner=(("is -> i1", "is -> y -> i1"), ("endEvent ie", f"endEvent ie\nuserTask y\n{STEP}"))),
    Change("the open sub-process is dissolved", (("{ subProcess sub name=送达\n", ""), ("startEvent ss\n", ""), ("endEvent se\nss -> k -> l -> se\n}\n", ""),
           ("aw -> sub -> multi", "aw -> k -> l -> multi")), TO_SUB, "migration.scope_removed"),
    Change("the number of people changes while they are at it", (("<loopCardinality>2<", "<loopCardinality>3<"),), TO_MULTI, "migration.instances"),
    Change("the number of people changes ahead", (("<loopCardinality>2<", "<loopCardinality>3<"),), TO_SUB),
    Change("several people become one while they are at it", (
        ("+<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>\n", ""),),
        TO_MULTI, "migration.instances"),
    Change("the current step becomes one for several people", (
        ("userTask c name=审核", "userTask c name=审核\n+<multiInstanceLoopCharacteristics><loopCardinality>2</loopCardinality></multiInstanceLoopCharacteristics>"),),
        TO_BLOCK, "migration.instances"),
    Change("a step is inserted after several people", insert("y", "multi", "v"), (*TO_MULTI, "multi")),
    Change("a way is added to an open inclusive block where one waits", (("n -> x", "n -> x\nv -> y if again\ny -> x"), ("startEvent s", "startEvent s\nuserTask y")),
           (*TO_INCLUSIVE, "n")),
    Change("the way by which one waits at an inclusive join is removed", (
        ("n -> x\n", "n -> x2\n"), ("x -> eb", "x -> x2 -> eb"), ("inclusiveGateway x\n", "inclusiveGateway x\nexclusiveGateway x2\n")),
        (*TO_INCLUSIVE, "n"), "migration.join_changed"),
    Change("an inclusive join of an open block becomes a plain merge", (("inclusiveGateway x", "exclusiveGateway x"),), TO_INCLUSIVE, "migration.join_changed"),
    Change("a step is inserted after an open inclusive block", insert("y", "x", "eb"), (*TO_INCLUSIVE, "n")),
    Change("an event is added to those that are awaited", (
        ("eb -> t2 -> ae", "eb -> t2 -> ae\neb -> t3 -> ae"), ("endEvent e\n", "endEvent e\nintermediateCatchEvent t3 : timer <timeDuration>P3D</timeDuration>\n")),
        TO_EVENTS, "migration.alternatives"),
    Change("an event ahead waits longer", (("t1 : timer <timeDuration>P1D", "t1 : timer <timeDuration>P9D"),), TO_INCLUSIVE),
    Change("an event sub-process is added to the running procedure", (
        ("startEvent s\n", "startEvent s\n{ subProcess es triggeredByEvent=true\nstartEvent ess : timer <timeDuration>P1D</timeDuration>\n"
                           "endEvent ese\ness -> ese\n}\n"),), TO_BLOCK, "migration.event_subprocess"),
    Change("a condition ahead changes", (("g -> f if big", "g -> f if again"),), ()),
    Change("an end is added ahead", (("ae -> z -> e", "ae -> z -> y -> e"), ("endEvent e\n", "endEvent e\nuserTask y\n")), TO_W),
    Change("a loop back is added ahead", (
        ("ae -> z -> e", "ae -> z -> lg -> e\nlg -> z if again"), ("endEvent e\n", "endEvent e\nexclusiveGateway lg default=lg_e\n")), TO_W),
)
