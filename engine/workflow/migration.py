"""Whether a running case can go on under another version of its procedure: the verdict, and every reason against it.

What the library's own helpers break (lost drafts, clocks that start again, joins that wait for ever, trees that cannot be read)
is refused here beforehand, each time with the element, a sentence and what to do instead.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass

from engine.workflow.charts import JOINING, Chart, Place
from engine.workflow.drafts import ACTIVITIES, Element
from engine.workflow.mapping import Comparison
from engine.workflow.positions import Standing

WAIT = "待该环节办结后再迁移"
ORDER = "行政处罚法 第三十八条第二款"


@dataclass(frozen=True)
class Hindrance:
    """One reason why a case cannot move: code, the element as scope.id, a Chinese sentence, what to do, and the article if a statute speaks.

    acceptable: whether the department's mapping file may accept it, under `where`, with a reason.
    """

    code: str
    where: str
    message: str
    remedy: str
    article: str = ""
    acceptable: bool = False


@dataclass(frozen=True)
class Verdict:
    """moved: (old, new) id of every place where the case stands; hindrances: empty when it can move; notes: what to know."""

    moved: tuple[tuple[str, str], ...]
    hindrances: tuple[Hindrance, ...]
    notes: tuple[str, ...]

    @property
    def can_move(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.hindrances


def judge(found: Comparison, standing: Standing, passed: frozenset[Place]) -> Verdict:
    """The verdict for a case that stands so; passed: the old places that it has completed."""
    if found.scope(found.before.top) != found.after.top:
        reason = Hindrance("migration.procedure", found.before.top, f"新版没有程序“{found.before.top}”", "该案件在原版本下办结")
        return Verdict((), (reason,), ())
    hindrances = [*_scopes(found, standing), *_places(found, standing), *_joins(found, standing)]
    notes: list[str] = []
    if not hindrances:
        hindrances += _passed_over(found, standing, passed, notes)
    moved = tuple((_id(place), _id(found.target(place) or place)) for place in standing.places())
    return Verdict(moved, tuple(dict.fromkeys(hindrances)), tuple(dict.fromkeys(notes)))


def _scopes(found: Comparison, standing: Standing) -> Iterator[Hindrance]:
    for scope in standing.scopes:
        target = found.scope(scope)
        if target not in found.new.scopes:
            yield Hindrance("migration.scope_removed", scope, f"案件正在其中的程序“{scope}”在新版中已经不存在", "待该程序办结后再迁移")
        elif {found.element(one) for one in found.old.listening(scope)} != {one[1] for one in found.new.listening(target)}:
            message = f"程序“{scope}”中随时可以触发的事件子流程有增减，而程序已经开始，新增的不会再被触发"
            yield Hindrance("migration.event_subprocess", scope, message, "待该程序办结后再迁移")


def _places(found: Comparison, standing: Standing) -> Iterator[Hindrance]:
    for place in standing.places():
        target, label = found.target(place), found.old.label(place)
        if target is None:
            elsewhere = any(one[1] == found.element(place) for one in found.new.elements)
            if elsewhere:
                message = f"案件正停在“{label}”，新版把它移到了另一个程序或者子流程中"
                yield Hindrance("migration.current_moved", _id(place), message, WAIT)
            else:
                remedy = f"{WAIT}；如果只是改了标识，请在对照表中写明"
                yield Hindrance("migration.current_removed", _id(place), f"案件正停在“{label}”，新版删除了它", remedy)
            continue
        old, new = found.old.elements[place], found.new.elements[target]
        if old.kind != new.kind:
            message = f"案件正停在“{label}”，新版把它由 {old.kind} 改为 {new.kind}"
            yield Hindrance("migration.current_kind", _id(place), message, WAIT)
        elif old.kind in ACTIVITIES:
            yield from _activity(found, place, target, standing)
        elif _waits_for(old) != _waits_for(new):
            yield Hindrance("migration.event_changed", _id(place), f"“{label}”正在等待的事件在新版中不同", "待该事件发生后再迁移")
        if old.kind == "eventBasedGateway" and _alternatives(found, place) != set(found.new.after.get(target, ())):
            message = f"“{label}”正在等待几个事件之一，新版改变了可选的事件"
            yield Hindrance("migration.alternatives", _id(place), message, "待其中一个事件发生后再迁移")


def _activity(found: Comparison, place: Place, target: Place, standing: Standing) -> Iterator[Hindrance]:
    old, new, label = found.old.elements[place], found.new.elements[target], found.old.label(place)
    before = {found.element((place[0], each.id)): _border(found, place, each) for each in found.old.borders(place)}
    after = {each.id: (_waits_for(each), found.new.nodes[target[0], each.id].limits) for each in found.new.borders(target)}
    if set(after) - set(before):
        message = f"“{label}”已经开始办理，新版在它上面增加了边界事件（期限），迁移后不会起作用"
        yield Hindrance("migration.border_added", _id(place), message, WAIT)
    if set(before) - set(after):
        message = f"“{label}”上的边界事件（期限）正在计算，新版取消了它"
        yield Hindrance("migration.border_removed", _id(place), message, WAIT)
    if changed := [name for name in before if name in after and before[name] != after[name]]:
        message = f"“{label}”上的边界事件“{changed[0]}”正在计算，新版改变了它的期限或者作用"
        yield Hindrance("migration.border_changed", _id(place), message, WAIT)
    if (place in standing.repeating or old.repetition or new.repetition) and old.repetition != new.repetition:
        message = f"“{label}”正由多人或者多次办理，新版改变了办理的份数或者方式"
        yield Hindrance("migration.instances", _id(place), message, WAIT)
    if place in found.old.inside and found.scope(found.old.inside[place]) != found.new.inside.get(target):
        message = f"“{label}”正在办理，新版改为调用另一个程序"
        yield Hindrance("migration.call", _id(place), message, f"{WAIT}；如果只是改了程序的标识，请在对照表的 [procedures] 中写明")
    if found.old.nodes[place].operation != found.new.nodes[target].operation and old.kind != "userTask":
        yield Hindrance("migration.operation", _id(place), f"“{label}”正在自动办理，新版改变了它的操作", WAIT)


def _joins(found: Comparison, standing: Standing) -> Iterator[Hindrance]:
    """What tokens wait for at a join, and what open branches will meet at, must come about in the new version too."""
    for join, ways in standing.arrived.items():
        target = found.target(join)
        if target is not None and found.old.elements[join].kind == found.new.elements[target].kind:
            inputs, come = ({found.element((join[0], way)) for way in some} for some in (found.old.sources[join], ways))
            sources = found.new.sources.get(target, frozenset())
            if inputs != sources if found.old.elements[join].kind == "parallelGateway" else come - sources:
                message = f"已有 {len(ways)} 路办结并在“{found.old.label(join)}”等候汇合，新版改变了汇合的各路"
                yield Hindrance("migration.join_changed", _id(join), message, "待各路汇合后再迁移")
    for join in _meetings(found, standing):
        target = found.target(join)
        if target is None or found.new.elements[target].kind != found.old.elements[join].kind:
            message = f"并行各路已经分开，新版删除或者改变了它们汇合的“{found.old.label(join)}”，之后的环节会重复"
            yield Hindrance("migration.join_changed", _id(join), message, "待各路汇合后再迁移")
    tokens = [target for place in standing.places() if (target := found.target(place)) is not None and place not in standing.arrived]
    for join in [place for place, element in found.new.elements.items() if element.kind == "parallelGateway"]:
        sources = found.new.sources.get(join, frozenset())
        reached = found.new.reach(tokens, avoiding=(join,)) | set(tokens)
        origin = found.origins.get(join)
        arrived = standing.arrived.get(origin, frozenset()) if origin else frozenset()
        come = {found.element((origin[0], way)) for way in arrived} if origin else set()
        come |= {way for way in sources if (join[0], way) in reached}
        if come and come != sources and len(sources) > 1:
            missing = found.new.label((join[0], min(sources - come)))
            message = f"案件已经越过分支处，新版汇合“{found.new.label(join)}”还要等待“{missing}”一路，而它不会再开始，案件将永远停住"
            yield Hindrance("migration.branch_added", _id(join), message, "待各路汇合后再迁移")


def _meetings(found: Comparison, standing: Standing) -> Iterator[Place]:
    """The joins at which tokens that are apart now will meet: they come by different inputs."""
    tokens = [place for place in standing.places() if place not in standing.arrived]
    for join, element in found.old.elements.items():
        sources = found.old.sources.get(join, frozenset())
        if element.kind not in JOINING or len(sources) < 2:
            continue
        ways = [set(standing.arrived.get(join, ()))]
        for token in tokens:
            reached = found.old.reach([token], avoiding=(join,)) | {token}
            ways.append({way for way in sources if (join[0], way) in reached})
        ways = [way for way in ways if way]
        if any(one - other and other - one for one in ways for other in ways):
            yield join


def _passed_over(found: Comparison, standing: Standing, passed: frozenset[Place], notes: list[str]) -> Iterator[Hindrance]:
    """Steps of the new version that lie behind the case and that it has never taken; steps ahead that it has taken or that are gone."""
    stands = {target for place in standing.places() if (target := found.target(place)) is not None}
    taken = {target for place in passed if (target := found.target(place)) is not None}
    ahead, before = found.new.reach(stands) | stands, found.old.reach(standing.places())
    missed = _missed(found.new, found.origins, stands, taken)
    missed_before = _missed(found.old, found.old.elements, set(standing.places()), set(passed))
    for place, element in found.new.elements.items():
        origin = found.origins.get(place)
        if element.kind not in ACTIVITIES:
            continue
        if place in ahead and origin in passed and origin not in before and origin not in standing.places():
            notes.append(f"“{element.label}”已经办过，在新版中排在后面，还要再办一次")
        if place not in missed or (origin is not None and (origin in missed_before or origin not in before)):
            continue
        article, where = found.new.statutory(place), _id(place)
        if not article:
            notes.append(f"新版在案件所处位置之前增加的“{element.label}”不再补办")
        elif where in found.renaming.accepted:
            notes.append(f"“{element.label}”不再补办：{found.renaming.accepted[where]}")
        else:
            message = f"新版在案件所处位置之前要求办理“{element.label}”（{article}），本案没有办过，迁移会越过法定环节"
            remedy = f"该案件在原版本下办结，或者退回后补办；依法不必补办的，在对照表 [accepted] 中写明 \"{where}\" 的理由"
            yield Hindrance("migration.statutory", where, message, remedy, ORDER, acceptable=True)
    for place in sorted(before - set(standing.places())):
        if found.old.elements[place].kind in ACTIVITIES and found.target(place) is None:
            notes.append(f"尚未办理的“{found.old.label(place)}”在新版中取消")


def _missed(new: Chart, shared: Container[Place], stands: set[Place], taken: set[Place]) -> set[Place]:
    """What the case would have come to if this version had held from the beginning, and what it will not come to for certain now.

    It lies on the ways that the case took: after something that it did and before something that it did or stands at. Who can only come
    to it by going round a loop again has missed it, unless no way to the end of its scope leads past it.
    """
    visited = {*(place[0] for place in taken), *(place[0] for place in stands)}
    todo = [place for scope in visited for place in new.scopes.get(scope, ()) if new.elements[place].kind == "startEvent"]
    behind = set(todo)
    while todo:
        place = todo.pop()
        if place in shared and place not in taken:
            continue  # a way that it did not take, or where it stands
        rung = [one for one in new.after.get(place, ()) if not new.elements[one].attached_to or one in taken]
        todo += [one for one in rung if one not in behind]
        behind.update(rung)
    fresh = new.reach(stands, avoiding=taken)
    return {place for place in behind - taken - stands - fresh
            if _leads_back(new, shared, place, taken | stands) and not _unavoidable(new, place, stands)}


def _leads_back(new: Chart, shared: Container[Place], place: Place, known: set[Place]) -> bool:
    """Whether the first elements after a place that the old version has too are some that the case knows."""
    todo, seen = list(new.after.get(place, ())), set[Place]()
    while todo:
        one = todo.pop()
        if one in known:
            return True
        if one not in seen and one not in shared:
            todo += new.after.get(one, ())
        seen.add(one)
    return False


def _unavoidable(new: Chart, place: Place, stands: set[Place]) -> bool:
    here = [one for one in stands if one[0] == place[0]]
    past = new.reach(here, avoiding=(place,))
    return bool(here) and not any(one[0] == place[0] and new.elements[one].kind == "endEvent" for one in past)


def _border(found: Comparison, place: Place, event: Element) -> tuple[object, ...]:
    return (_waits_for(event), found.old.nodes[place[0], event.id].limits)


def _waits_for(element: Element) -> tuple[object, ...]:
    cancelling = element.attributes.get("cancelActivity", "true") if element.attached_to else ""
    return (cancelling, *((each.kind, each.name or each.ref, each.code, each.clock, each.formula) for each in element.triggers))


def _alternatives(found: Comparison, place: Place) -> set[Place | None]:
    return {found.target(one) for one in found.old.after.get(place, ())}


def _id(place: Place) -> str:
    return ".".join(place)
