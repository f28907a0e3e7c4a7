// What becomes of one exporter's file: does it import, does the reference evaluator give the golden outputs before and after canonicalisation, which compound ops
// were found, and what was left. Every data set is judged with its own shapes; counts are those of the first.
import { CompileError, DiagnosticSink, Rng } from "@waferc/base";
import {
  bindDims,
  canonicalizePasses,
  controlInputs,
  CountedStats,
  dimsOfInputs,
  pinInputs,
  runPasses,
} from "@waferc/compiler";
import { allOps, valueOf, verifyGraph, type Graph } from "@waferc/ir/graph";
import { compareTensors, describeTensor, type Tensor } from "@waferc/numerics";
import { decodeTensorProto, exitCodeOf, importModel } from "@waferc/onnx";
import { evaluateGraph, opRules, OpError } from "@waferc/ops";
import { countCompounds, countLeft, type Counts } from "./compound-ops.ts";
import type { DialectCase } from "./dialect-cases.ts";

export interface DialectVerdict {
  readonly name: string;
  readonly family: string;
  readonly exporter: string;
  /** `pass`, or where it went wrong first: `refused` at import or in a pass, `before` or `after` canonicalisation. */
  readonly status: "pass" | "refused" | "before" | "after";
  readonly detail: string;
  /** Exit code that the command line would give for a refusal. */
  readonly exitCode?: number | undefined;
  readonly nodesBefore: number;
  readonly nodesAfter: number;
  readonly compounds: Counts;
  /** Ops that are in no compound, by kind. */
  readonly left: Counts;
  /** What the passes say they could not recognise. */
  readonly reasons: Counts;
}

/** The canonical graph for the shapes of one data set, and what the passes reported. */
export interface CanonicalRun {
  readonly imported: Graph;
  readonly graph: Graph;
  readonly inputs: ReadonlyMap<string, Tensor>;
  readonly stats: CountedStats;
}

/** @throws CompileError if the file is refused, OpError if its data breaks an op's rules */
export function canonicalizeCase({ model, external, dataSets }: DialectCase, set: number): CanonicalRun {
  const diag = new DiagnosticSink();
  const imported = importModel(model, diag, { external });
  const inputs = new Map<string, Tensor>();
  imported.inputs.forEach((id, i) => {
    const bytes = dataSets[set]?.inputs[i];
    if (bytes !== undefined) inputs.set(valueOf(imported, id).name, decodeTensorProto(bytes).tensor);
  });
  const stats = new CountedStats();
  const ctx = { diag, rng: new Rng(1), stats };
  const shapes = new Map([...inputs].map(([name, { shape }]) => [name, shape]));
  const bound = bindDims.run(imported, { dims: dimsOfInputs(imported, shapes, diag), mustBindAll: true }, ctx);
  const pins = new Map(controlInputs(bound).flatMap((name) => (inputs.has(name) ? [[name, inputs.get(name)!]] : [])));
  const graph = runPasses(pinInputs.run(bound, { pins }, ctx), canonicalizePasses, ctx);
  return { imported, graph, inputs, stats };
}

export function judgeCase(one: DialectCase): DialectVerdict {
  const { name, family, exporter } = one;
  const nothing = { nodesBefore: 0, nodesAfter: 0, compounds: {}, left: {}, reasons: {} };
  let verdict: DialectVerdict = { name, family, exporter, status: "pass", detail: "", ...nothing };
  for (let set = 0; set < one.dataSets.length; set++) {
    let run: CanonicalRun;
    try {
      run = canonicalizeCase(one, set);
    } catch (error) {
      return { ...verdict, status: "refused", ...describeRefusal(error) };
    }
    if (set === 0) {
      verdict = {
        ...verdict,
        nodesBefore: [...allOps(run.imported.ops)].length,
        nodesAfter: [...allOps(run.graph.ops)].length,
        compounds: countCompounds(run.graph),
        left: countLeft(run.graph),
        reasons: Object.fromEntries([...run.stats.counts].filter(([what]) => what.startsWith("left"))),
      };
    }
    for (const [stage, graph] of [
      ["before", run.imported],
      ["after", run.graph],
    ] as const) {
      const problem = compareOutputs(one, set, graph, run.inputs);
      if (problem !== undefined) return { ...verdict, status: stage, detail: `set ${set}: ${problem}` };
    }
    const [unsound] = verifyGraph(run.graph, opRules);
    if (unsound !== undefined) return { ...verdict, status: "after", detail: unsound.message };
  }
  return verdict;
}

function describeRefusal(error: unknown): Pick<DialectVerdict, "detail" | "exitCode"> {
  if (error instanceof CompileError) {
    return { detail: error.message, exitCode: exitCodeOf(error.diagnostics) };
  }
  return { detail: error instanceof Error ? `${error.name}: ${error.message}` : String(error) };
}

/** What is wrong with a graph's outputs on a data set, or undefined. */
function compareOutputs(
  { dataSets, tolerance }: DialectCase,
  set: number,
  graph: Graph,
  inputs: ReadonlyMap<string, Tensor>,
): string | undefined {
  let outputs: ReadonlyMap<string, Tensor>;
  try {
    outputs = evaluateGraph(graph, inputs);
  } catch (error) {
    if (!(error instanceof OpError || error instanceof RangeError)) throw error;
    return error.message;
  }
  for (const [i, actual] of [...outputs.values()].entries()) {
    const bytes = dataSets[set]?.outputs[i];
    if (bytes === undefined) return `there is no golden output ${i}`;
    const expected = decodeTensorProto(bytes).tensor;
    const { mismatch, pass, worst, failures, maxAbs } = compareTensors(actual, expected, tolerance);
    if (mismatch !== undefined) return `output ${i} is ${describeTensor(actual)}, not ${describeTensor(expected)}`;
    if (pass) continue;
    const place = worst === undefined ? "" : `, worst ${worst.actual} for ${worst.expected} at [${worst.index}]`;
    return `output ${i} differs in ${failures} elements, by ${maxAbs}${place}`;
  }
  return undefined;
}
