// Replaces every op whose results follow from constants, or from types alone, by constants. Small results are computed now;
// results above EAGER_BYTES become lazy sources that evaluate their op when they are read, so that transposing a large
// weight costs nothing here. A result that is much larger than what it is made from is not folded at all.
import { CompileError, makeDiagnostic } from "@waferc/base";
import {
  GraphBuilder,
  isStaticShape,
  isTensorType,
  qualifiedKind,
  sourceOf,
  type Op,
  type TensorSource,
  type ValueId,
} from "@waferc/ir/graph";
import { byteLengthOf, elementCount, type Tensor } from "@waferc/numerics";
import { evaluateOp, OpError, opTable } from "@waferc/ops";
import { CODES } from "../codes.ts";
import type { Pass, PassStats } from "../pass.ts";
import { eraseDead } from "./liveness.ts";
import { staysUnfolded } from "./quantized-constant.ts";
import { propagateOp, startPropagation, type Propagation } from "./type-propagation.ts";

export interface FoldOptions {
  readonly maxElements: number;
}

/** Results above this are evaluated when somebody reads them. */
const EAGER_BYTES = 2 ** 20;

export const foldConstants: Pass<"graph", "graph", FoldOptions> = {
  name: "fold-constants",
  from: "graph",
  to: "graph",
  summary: "Compute what follows from constants and bound shapes",
  requires: [],
  establishes: ["constants-folded"],
  options: {
    maxElements: {
      type: "number",
      byDefault: 2 ** 22,
      unit: "elements",
      legal: "1 or more",
      about: "Results with more elements are folded only if their operands have as many",
    },
  },
  run(input, { maxElements }, { diag, stats }) {
    const run = startPropagation(GraphBuilder.from(input), diag, maxElements, true);
    foldOps(run, run.graph.ops, stats);
    diag.throwIfErrors();
    eraseDead(run.graph);
    return run.graph.freeze();
  },
};

function foldOps(run: Propagation, ops: readonly Op[], stats: PassStats): void {
  for (const op of ops) if (foldOne(run, op, stats)) stats.add("folded", 1);
}

function foldOne(run: Propagation, op: Op, stats: PassStats): boolean {
  const results = propagateOp(run, op, (block) => foldOps(run, block.ops, stats));
  const shapes = op.operands.map((id) => (id === undefined ? undefined : run.graph.value(id).shape));
  if (staysUnfolded(op, shapes)) return false;
  if (results !== undefined)
    return replaceResults(
      run,
      op,
      results.map((tensor) => (tensor === undefined ? undefined : sourceOf(tensor))),
    );
  const sources = op.operands.map((id) => run.graph.constant(id));
  if (op.operands.some((id, i) => id !== undefined && sources[i] === undefined)) return false;
  const lazy = foldLazily(run, op, sources);
  return lazy !== undefined && replaceResults(run, op, lazy);
}

function replaceResults(run: Propagation, op: Op, sources: readonly (TensorSource | undefined)[]): boolean {
  if (op.results.some((id, i) => id !== undefined && sources[i] === undefined)) return false;
  op.results.forEach((id, i) => {
    const source = sources[i];
    if (id === undefined || source === undefined) return;
    const constant = run.graph.addConstant(run.graph.value(id).name, source);
    if (source.byteLength <= EAGER_BYTES) run.known.set(constant, source.read());
    run.graph.replaceUses(id, constant);
  });
  return true;
}

/** Sources for an op on constants some of which are large; undefined if the results would be larger than the operands. */
function foldLazily(
  run: Propagation,
  op: Op,
  sources: readonly (TensorSource | undefined)[],
): (TensorSource | undefined)[] | undefined {
  if (sources.length === 0 || opTable.get(qualifiedKind(op))?.traits.includes("control") === true) return undefined;
  const given = sources.reduce((sum, source) => sum + (source === undefined ? 0 : elementCount(source.shape)), 0);
  const budget = Math.max(run.maxElements, given);
  const lazies = op.results.map((id, i) => (id === undefined ? undefined : lazyResult(run, op, sources, id, i)));
  const isHole = (id: ValueId | undefined): boolean => id === undefined;
  if (lazies.some((lazy, i) => !isHole(op.results[i]) && (lazy === undefined || elementCount(lazy.shape) > budget)))
    return undefined;
  return lazies.map((lazy) => (lazy !== undefined && lazy.byteLength <= EAGER_BYTES ? sourceOf(lazy.read()) : lazy));
}

/** Data that break the op's rules are found when somebody reads them: a mistake of the file (PAS-006), as at inference. */
function computed<T>(op: Op, compute: () => T): T {
  try {
    return compute();
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    const at = { kind: "onnx", node: op.loc[0] ?? `op ${op.id}` } as const;
    const message = `Cannot compute ${qualifiedKind(op)} of constants: it ${error.message}`;
    throw new CompileError([makeDiagnostic(CODES["PAS-006"], { message, at })]);
  }
}

function lazyResult(
  run: Propagation,
  op: Op,
  sources: readonly (TensorSource | undefined)[],
  id: ValueId,
  index: number,
): TensorSource | undefined {
  const type = run.graph.value(id);
  const { dtype, shape } = type;
  if (!isTensorType(type)) return undefined;
  if (dtype === undefined || dtype === "string" || shape === undefined || !isStaticShape(shape)) return undefined;
  const { domain, kind, version, attrs, results } = op;
  const read = (): Tensor => {
    const operands = sources.map((source) => source?.read());
    const tensor = computed(op, () => evaluateOp({ domain, kind, version, attrs, results }, operands))[index];
    if (tensor === undefined) throw new OpError(`${kind} gives no result ${index}`);
    return tensor;
  };
  return { dtype, shape, byteLength: byteLengthOf(dtype, elementCount(shape)), read };
}
