// Runs one diagram on npm's bpmn-engine as a host that keeps nothing in memory: each step reads the state from SQLite,
// recovers, resumes, signals one user task, and writes the state back in one transaction.
// usage: node bpmn_engine.mjs diagram.bpmn cases database → JSON on standard output
import { readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { EventEmitter } from "node:events";
import { Engine } from "bpmn-engine";

const [source, cases, file, filled] = [readFileSync(process.argv[2], "utf8"), Number(process.argv[3]), process.argv[4], process.argv[5]];
const answers = JSON.parse(filled);
const database = new DatabaseSync(file);
database.exec("PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE instance (id INTEGER PRIMARY KEY, state TEXT)");
const read = database.prepare("SELECT state FROM instance WHERE id = ?");
const write = database.prepare("INSERT INTO instance (id, state) VALUES (?, ?) ON CONFLICT (id) DO UPDATE SET state = excluded.state");
const store = (id, state) => {
  const text = JSON.stringify(state);
  database.exec("BEGIN IMMEDIATE");
  write.run(id, text);
  database.exec("COMMIT");
  return Buffer.byteLength(text);
};
const open = (api) => api.getPostponed().flatMap((one) => [one, ...one.getPostponed()]).filter((one) => one.type === "bpmn:UserTask");

// stop() never settles once the last task is done
const stopped = (api) => Promise.race([api.stop(), new Promise((done) => setImmediate(done))]);

const times = [];
const bytes = [];
for (let id = 1; id <= cases; id += 1) {
  const engine = Engine({ name: "bench", source, variables: { again: false, major: false } });
  const api = await engine.execute({ listener: new EventEmitter() });
  store(id, await api.getState());
  await stopped(api);
  for (let step = 0; step < 100; step += 1) {
    const begun = performance.now();
    const recovered = Engine({ name: "bench" }).recover(JSON.parse(read.get(id).state));
    const going = await recovered.resume({ listener: new EventEmitter() });
    const waiting = open(going);
    if (!waiting.length) break;
    waiting[0].signal(answers);
    bytes.push(store(id, await going.getState()));
    times.push(performance.now() - begun);
    await stopped(going);
  }
}
process.stdout.write(JSON.stringify({ milliseconds: times, bytes }), () => process.exit(0));
