// `npm run profile -- [cycle|fast-load|fast-run|untimed|compile|check] [bert|tinyworld-16|tinyworld-128]`: builds, runs one of them twice, samples the second
// run with node's profiler, and prints shares of time by source file and by function. docs/performance.md says what they mean.
import { existsSync, readFileSync } from "node:fs";
import { Session } from "node:inspector";
import { SourceMap } from "node:module";
import type { SourceMapPayload } from "node:module";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import type { Profiler } from "node:inspector";
import type { ModelSubject } from "@waferc/testkit/evidence";
import { main as build } from "./build.ts";

const SAMPLING_MICROSECONDS = 500;
const SHOWN = 14;

type Activity = () => unknown;

export async function main([what = "cycle", model = "tinyworld-16"]: readonly string[]): Promise<number> {
  const built = await build();
  if (built !== 0) return built;
  const { BERT, TINYWORLD_16, TINYWORLD_128 } = await import("@waferc/testkit/evidence");
  const models = new Map([
    ["bert", BERT],
    ["tinyworld-16", TINYWORLD_16],
    ["tinyworld-128", TINYWORLD_128],
  ]);
  const subject = models.get(model);
  const activities = subject && (await activitiesOn(subject));
  const activity = activities?.get(what);
  if (!subject || !activity) {
    console.error(
      `profile: no "${what}" of "${model}"; there are ${[...(activities?.keys() ?? [])].join(", ")} and ${[...models.keys()].join(", ")}`,
    );
    return 2;
  }
  activity();
  const started = performance.now();
  const profile = await sample(activity);
  const seconds = ((performance.now() - started) / 1000).toFixed(2);
  console.log(`${what}, ${subject.name} ${Object.values(subject.dims).join("x")} on ${subject.machine}: ${seconds} s`);
  report(profile);
  return 0;
}

async function activitiesOn(subject: ModelSubject): Promise<Map<string, Activity>> {
  const { compileModel, meshInputs } = await import("@waferc/testkit/evidence");
  const { FastSession, simulateCycle, simulateUntimed } = await import("@waferc/sim");
  const { checkProgram } = await import("@waferc/check");
  const { compiled, inputs: modelInputs } = compileModel(subject, process.cwd());
  const { program, machine, weights } = compiled;
  const inputs = meshInputs(compiled, modelInputs);
  const load = () => new FastSession(program, machine, weights, { criticalPath: false });
  let session: InstanceType<typeof FastSession> | undefined;
  return new Map<string, Activity>([
    ["cycle", () => simulateCycle(program, machine, weights, { inputs })],
    ["fast-load", load],
    ["fast-run", () => (session ??= load()).run(inputs)],
    ["untimed", () => simulateUntimed(program, machine, weights, { inputs })],
    ["compile", () => compileModel(subject, process.cwd())],
    ["check", () => checkProgram(program, machine)],
  ]);
}

async function sample(activity: Activity): Promise<Profiler.Profile> {
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.setSamplingInterval", { interval: SAMPLING_MICROSECONDS });
  session.post("Profiler.start");
  activity();
  return new Promise((resolve, reject) => {
    session.post("Profiler.stop", (error, { profile }) => (error ? reject(error) : resolve(profile)));
  });
}

function report({ nodes, samples = [], timeDeltas = [] }: Profiler.Profile): void {
  const names = new Map(nodes.map(({ id, callFrame }) => [id, placeOf(callFrame)]));
  const byFile = new Map<string, number>();
  const byFunction = new Map<string, number>();
  const add = (shares: Map<string, number>, key: string, time: number) =>
    shares.set(key, (shares.get(key) ?? 0) + time);
  samples.forEach((id, i) => {
    const { file, name } = names.get(id) ?? { file: "", name: "" };
    // The profiler itself.
    if (file === "(node)" && name === "dispatch") return;
    add(byFile, file, timeDeltas[i] ?? 0);
    add(byFunction, `${name} ${file}`, timeDeltas[i] ?? 0);
  });
  for (const shares of [byFile, byFunction]) {
    const total = [...shares.values()].reduce((sum, time) => sum + time, 0);
    console.log("");
    for (const [key, time] of [...shares].sort(([, a], [, b]) => b - a).slice(0, SHOWN)) {
      console.log(`${((100 * time) / total).toFixed(1).padStart(6)} %  ${key}`);
    }
  }
}

const maps = new Map<string, SourceMap | undefined>();

/** The source file, by the bundle's source map. */
function placeOf({ functionName, url, lineNumber, columnNumber }: Profiler.ProfileNode["callFrame"]): {
  file: string;
  name: string;
} {
  if (!url.startsWith("file:")) return { file: "(node)", name: functionName || "(anonymous)" };
  const path = fileURLToPath(url);
  if (!maps.has(path)) {
    const text = existsSync(`${path}.map`) ? readFileSync(`${path}.map`, "utf8") : undefined;
    maps.set(path, text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload));
  }
  const entry = maps.get(path)?.findEntry(lineNumber, columnNumber);
  const source =
    entry && "originalSource" in entry ? entry.originalSource.replace(/^(\.\.\/)+/, "") : relative(process.cwd(), path);
  const folder = /packages\/[a-z]+\//.exec(path)?.[0] ?? "";
  return { file: source.startsWith("packages") ? source : `${folder}${source}`, name: functionName || "(anonymous)" };
}
