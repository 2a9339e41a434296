"""npm's bpmn-engine on the same diagram: installed on demand below var/, visibly left out where npm or the network is missing."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from bench.procedure import answers, diagrams
from engine.workflow.markup import BPMN

PEERS = Path(__file__).parent / "peers"
WHERE = Path("var/bench/peers")


def diagram() -> bytes:
    """Both processes in one file, conditions and timers as this engine takes them."""
    found = {name: data.decode() for name, data in diagrams().items()}
    inner = re.search(r"<bpmn:process.*</bpmn:process>", found["inner"], re.DOTALL)
    text = found["bench"].replace("</bpmn:definitions>", (inner[0] if inner else "") + "</bpmn:definitions>")
    text = text.replace('id="inner" name="inner" isExecutable="true"', 'id="inner" name="inner" isExecutable="false"')
    text = re.sub(r"<bpmn:extensionElements>.*?</bpmn:extensionElements>", "", text)
    text = re.sub(r"<bpmn:laneSet.*?</bpmn:laneSet>", "", text)
    text = text.replace("</bpmn:timerEventDefinition>", "<bpmn:timeDuration>P5D</bpmn:timeDuration></bpmn:timerEventDefinition>")
    for words, ours in (("${environment.variables.again}", 'next_act = "again"'), ("${environment.variables.major}", 'next_act = "major"'),
                       ("${environment.variables.again}", 'level = "returned"'), ("${environment.variables.major}", 'level = "serious"')):
        text = text.replace(f">{ours}</bpmn:conditionExpression>", f">{words}</bpmn:conditionExpression>")
    text = text.replace("bpmn:businessRuleTask", "bpmn:task")  # its table would be code of ours; an empty task is what it is here
    assert BPMN in text
    return text.encode()


def measure(folder: Path, cases: int) -> tuple[list[float], list[int]] | None:
    """Seconds and stored bytes of each step; None, with the reason on the screen, where it cannot be run."""
    programs = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")])
    npm, node = shutil.which("npm", path=programs), shutil.which("node", path=programs)
    if npm is None or node is None:
        print("  bpmn-engine 未测：没有 npm 或者 node")
        return None
    environment = {**os.environ, "PATH": programs}
    WHERE.mkdir(parents=True, exist_ok=True)
    for one in PEERS.iterdir():
        shutil.copy(one, WHERE / one.name)
    installed = subprocess.run(  # noqa: S603 - our own program
        [npm, "ci", "--ignore-scripts"], cwd=WHERE, env=environment, capture_output=True, text=True, check=False, timeout=120
    )
    if installed.returncode:
        print(f"  bpmn-engine 未测：npm 不能安装（{(installed.stderr.strip().splitlines() or ['无说明'])[-1]}）")
        return None
    (folder / "bench.bpmn").write_bytes(diagram())
    run = subprocess.run(  # noqa: S603 - our own program
        [node, "bpmn_engine.mjs", str(folder / "bench.bpmn"), str(cases), str(folder / "peer.db"), json.dumps(answers("u01"))],
        cwd=WHERE, env=environment, capture_output=True, text=True, check=False, timeout=300,
    )
    if run.returncode:
        print(f"  bpmn-engine 未测：{run.stderr.strip().splitlines()[-1:]}")
        return None
    found = json.loads(run.stdout)
    return [one / 1000 for one in found["milliseconds"]], found["bytes"]
