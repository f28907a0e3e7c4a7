// Evidence that what compiles means what the graph means: random graphs on random machines and regions against the reference evaluator.
import { CompileError, Rng } from "@waferc/base";
import { checkProgram } from "@waferc/check";
import { verifyProgram } from "@waferc/ir/program";
import { LINK_DIRECTIONS, loadMachine } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import { compareTensors, defaultTolerance } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { simulateFast } from "@waferc/sim";
import { randomGraph } from "../graphs/random-graph.ts";
import type { RandomGraph } from "../graphs/random-graph.ts";
import { compareEngines } from "./compare-engines.ts";
import { compileGraph, meshInputs, modelOutputs } from "./compile-graph.ts";
import type { CompiledGraph } from "./compile-graph.ts";
import { bulletsOf, percent } from "./evidence.ts";
import type { Evidence, EvidenceResult, GatherOptions } from "./evidence.ts";

const MACHINES = ["mesh4x4", "mesh4x4", "mesh8x8", "mesh8x8", "mesh16x16"];
const MAX_REFUSED_SHARE = 0.02;
const TOLERANCE = defaultTolerance("f32");

/** Where a graph goes: a machine, at times with defects, few host sides or queues of one slot, and regions of a random or of the best size. */
interface Target {
  readonly machine: Machine;
  /** What is unusual about it. */
  readonly oddities: readonly string[];
  readonly sizes?: readonly { readonly width: number; readonly height: number }[];
  readonly groups: number;
}

export interface GraphOutcome {
  readonly seed: number;
  readonly where: string;
  readonly kinds: readonly string[];
  readonly oddities: readonly string[];
  /** Groups that the program has. */
  readonly groups: number;
  readonly cores: number;
  /** Ops of the mesh's part. */
  readonly meshOps: number;
  readonly maxAbs: number;
  /** The diagnostics, where the compiler refuses the graph. */
  readonly refusal?: string;
  readonly failures: readonly string[];
}

export interface GraphSweepOptions extends Pick<GatherOptions, "count" | "from" | "onProgress"> {
  /** Every so many graphs all engines are compared, which takes long. */
  readonly enginesEvery: number;
}

export function sweepGraphs({ count, from = 0, enginesEvery, onProgress }: GraphSweepOptions): readonly GraphOutcome[] {
  return Array.from({ length: count }, (_, i) => {
    const outcome = tryGraph(from + i, i % enginesEvery === 0);
    onProgress?.(`${i + 1} of ${count} graphs`);
    return outcome;
  });
}

function targetOf(seed: number): Target {
  const rng = new Rng(seed).fork("target");
  const name = rng.pick(MACHINES);
  const { width, height } = loadMachine(name);
  const oddities = new Map<string, readonly string[]>();
  if (rng.chance(0.25)) oddities.set("defects", randomDefects(rng, width, height));
  if (rng.chance(0.2)) oddities.set("one host side", [`hostSides=${JSON.stringify([rng.pick(LINK_DIRECTIONS)])}`]);
  if (rng.chance(0.15))
    oddities.set(
      "queues of one slot",
      QUEUES.map((queue) => `fabric.${queue}=1`),
    );
  const machine = loadMachine(name, [...oddities.values()].flat());
  const groups = rng.chance(0.25) ? rng.between(2, 3) : 1;
  const target = { machine, oddities: [...oddities.keys()], groups };
  if (oddities.has("defects") || rng.chance(0.5)) return target;
  return { ...target, sizes: [{ width: rng.between(1, width), height: rng.between(1, height) }] };
}

const QUEUES = ["linkQueueDepth", "inputQueueDepth", "outputQueueDepth"];

function randomDefects(rng: Rng, width: number, height: number): string[] {
  const at = () => ({ x: rng.below(width), y: rng.below(height) });
  const cores = Array.from({ length: rng.below(4) }, at);
  const links = Array.from({ length: rng.below(4) }, () => ({ ...at(), direction: rng.pick(LINK_DIRECTIONS) }));
  return [`defects.cores=${JSON.stringify(cores)}`, `defects.links=${JSON.stringify(links)}`];
}

function tryGraph(seed: number, withEngines: boolean): GraphOutcome {
  const source = randomGraph(seed);
  const { machine, oddities, ...options } = targetOf(seed);
  const region = options.sizes?.map(({ width, height }) => `${width}x${height}`).join() ?? "any region";
  const base = {
    seed,
    kinds: source.kinds,
    oddities,
    where: [machine.name, ...oddities, region, `${options.groups} groups`].join(", "),
  };
  const none = { groups: 0, cores: 0, meshOps: 0, maxAbs: 0 };
  try {
    const compiled = compileGraph(source.graph, machine, options);
    const { groups } = compiled.dataflow;
    const cores = groups.reduce((sum, { width, height }) => sum + width * height, 0);
    const meshOps = compiled.partition.mesh.ops.length;
    return { ...base, groups: groups.length, cores, meshOps, ...judge(source, compiled, withEngines) };
  } catch (error) {
    if (error instanceof CompileError) return { ...base, ...none, refusal: error.message, failures: [] };
    return { ...base, ...none, failures: [error instanceof Error ? (error.stack ?? error.message) : String(error)] };
  }
}

function judge(
  { graph, inputs }: RandomGraph,
  compiled: CompiledGraph,
  withEngines: boolean,
): Pick<GraphOutcome, "maxAbs" | "failures"> {
  const { program, machine, weights } = compiled;
  const failures = verifyProgram(program).map(({ code, message }) => `${code} ${message}`);
  const { verdict, findings } = checkProgram(program, machine);
  if (verdict !== "legal")
    failures.push(`${verdict}: ${findings.map(({ code, message }) => `${code} ${message}`).join("; ")}`);
  const streams = meshInputs(compiled, inputs);
  const run = simulateFast(program, machine, weights, { inputs: streams, criticalPath: false });
  const outputs = modelOutputs(compiled, inputs, run.outputs);
  let maxAbs = 0;
  for (const [name, expected] of evaluateGraph(graph, inputs)) {
    const actual = outputs.get(name);
    const comparison = actual && compareTensors(actual, expected, TOLERANCE);
    maxAbs = Math.max(maxAbs, comparison?.maxAbs ?? 0);
    if (comparison?.pass !== true) failures.push(`output "${name}": ${JSON.stringify(comparison)}`);
  }
  if (withEngines) {
    const subject = { program, machine, weights, inputs: streams };
    failures.push(...compareEngines(subject, { schedules: 1, perturbations: 2 }).differences);
  }
  return { maxAbs, failures };
}

export function graphFailures(outcomes: readonly GraphOutcome[]): string[] {
  const refused = outcomes.filter(({ refusal }) => refusal !== undefined);
  const failures = outcomes.flatMap(({ seed, where, kinds, failures: own }) =>
    own.map((failure) => `seed ${seed} on ${where} (${kinds.join(", ")}): ${failure}`),
  );
  if (refused.length > MAX_REFUSED_SHARE * outcomes.length) {
    failures.push(`${refused.length} of ${outcomes.length} graphs are refused`, ...refused.map(printRefusal));
  }
  return failures;
}

function printRefusal({ seed, where, refusal }: GraphOutcome): string {
  return `seed ${seed} on ${where}: ${refusal ?? ""}`;
}

function describe(outcomes: readonly GraphOutcome[], enginesEvery: number): EvidenceResult {
  const count = outcomes.length;
  const refused = outcomes.filter(({ refusal }) => refusal !== undefined);
  const compiled = outcomes.filter(({ groups }) => groups > 0);
  const failures = graphFailures(outcomes);
  const kinds = new Map<string, number>();
  for (const kind of compiled.flatMap((outcome) => [...new Set(outcome.kinds)]))
    kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const byUse = [...kinds].sort(([a, m], [b, n]) => n - m || (a < b ? -1 : 1));
  const odd = (oddity: string) => compiled.filter(({ oddities }) => oddities.includes(oddity)).length;
  const { rtol, atol } = TOLERANCE;
  const lines = [
    `${count} graphs of 1 to 6 steps, compiled for mesh4x4, mesh8x8 or mesh16x16; about half on a region of random size, a fourth on two or three`,
    `regions. Each program passes the checker; its outputs on \`fast\` are compared with the reference evaluator's, rtol ${rtol}, atol ${atol}. Every`,
    `${enginesEvery}th runs on all engines and two perturbed machines too.`,
    "",
    ...bulletsOf([
      ["failures", failures.length],
      ["refused", `${refused.length} (${percent(refused.length, count)})`],
      ["on several regions", compiled.filter(({ groups }) => groups > 1).length],
      ["on one core", compiled.filter(({ cores }) => cores === 1).length],
      ...["defects", "one host side", "queues of one slot"].map(
        (what) => [`on a machine with ${what}`, odd(what)] as const,
      ),
      ["ops on the mesh", compiled.reduce((sum, { meshOps }) => sum + meshOps, 0)],
      ["largest absolute error", Math.max(0, ...compiled.map(({ maxAbs }) => maxAbs)).toExponential(1)],
      ["graphs by op", byUse.map(([kind, uses]) => `${kind} ${uses}`).join(", ")],
    ]),
    ...refused.flatMap((outcome) => ["", "```", printRefusal(outcome), "```"]),
  ];
  return { lines, failures };
}

export const graphEvidence: Evidence = {
  name: "graphs",
  claim: "Random small graphs compile and compute what the reference evaluator computes.",
  unit: "graphs",
  defaultCount: 400,
  gather(options) {
    const enginesEvery = 10;
    return describe(sweepGraphs({ ...options, enginesEvery }), enginesEvery);
  },
};
