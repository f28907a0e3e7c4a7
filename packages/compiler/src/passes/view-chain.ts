// Chains of view ops in a graph as views: traces a value back through reshapes, transposes and expands to its source, and
// emits a view as the fewest ops. Shapes must be static. A trace may also pass multiplications by a scalar, which commute
// with every view; their product is reported.
import { attr, attrsOf, intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import { readScalar } from "./pattern.ts";
import type { Rewriter } from "./rewriter.ts";
import { expandView, identityView, planView, reshapeView, transposeView, type View } from "./view.ts";

export interface ViewTrace {
  readonly source: ValueId;
  readonly view: View;
  /** Ops between source and value, source first. */
  readonly ops: readonly Op[];
  /** Product of the scalars that were passed; 1 unless scalars were to be passed. */
  readonly factor: number;
}

const RESHAPES = new Set(["Reshape", "Unsqueeze", "Squeeze", "Flatten"]);

export function isViewOp(op: Op): boolean {
  return op.domain === "" && (RESHAPES.has(op.kind) || op.kind === "Transpose" || op.kind === "Expand");
}

/** The scalar by which an op multiplies its other operand, and that operand. */
function scalarProduct(rewriter: Rewriter, op: Op): { readonly factor: number; readonly operand: ValueId } | undefined {
  const [a, b] = op.operands;
  if (op.domain !== "" || a === undefined || b === undefined || (op.kind !== "Mul" && op.kind !== "Div"))
    return undefined;
  const right = readScalar(rewriter.graph.constant(b));
  if (right !== undefined) return { factor: op.kind === "Mul" ? right : 1 / right, operand: a };
  const left = op.kind === "Mul" ? readScalar(rewriter.graph.constant(a)) : undefined;
  return left === undefined ? undefined : { factor: left, operand: b };
}

/**
 * Traces a value to the furthest source of which it is a view.
 * @param passesScalars whether multiplications and divisions by a constant scalar are passed
 */
export function traceView(rewriter: Rewriter, value: ValueId, passesScalars = false): ViewTrace | undefined {
  const chain: Op[] = [];
  let source = value;
  for (let op = rewriter.graph.producer(source); op !== undefined; op = rewriter.graph.producer(source)) {
    const scalar = passesScalars ? scalarProduct(rewriter, op) : undefined;
    const next = scalar === undefined ? (isViewOp(op) ? op.operands[0] : undefined) : scalar.operand;
    if (next === undefined || rewriter.shapeOf(next) === undefined) break;
    chain.unshift(op);
    source = next;
  }
  return followChain(rewriter, source, chain);
}

/** Applies the chain's ops; where one is no view of what came before, the trace starts over at its result. */
function followChain(rewriter: Rewriter, source: ValueId, chain: readonly Op[]): ViewTrace | undefined {
  const start = (id: ValueId): ViewTrace | undefined => {
    const view = identityView(rewriter.shapeOf(id) ?? [0]);
    return view === undefined ? undefined : { source: id, view, ops: [], factor: 1 };
  };
  let trace = start(source);
  for (const op of chain) {
    const [result] = op.results;
    if (result === undefined) return undefined;
    const step = trace === undefined ? undefined : applyOp(rewriter, trace, op, result);
    trace = step ?? start(result);
  }
  return trace;
}

function applyOp(rewriter: Rewriter, trace: ViewTrace, op: Op, result: ValueId): ViewTrace | undefined {
  const shape = rewriter.shapeOf(result);
  if (shape === undefined) return undefined;
  const scalar = isViewOp(op) ? undefined : scalarProduct(rewriter, op);
  const view = applyView(trace.view, op, shape);
  if (view === undefined) return undefined;
  return { source: trace.source, view, ops: [...trace.ops, op], factor: trace.factor * (scalar?.factor ?? 1) };
}

function applyView(view: View, op: Op, shape: readonly number[]): View | undefined {
  if (op.kind === "Transpose") {
    const perm = intsAttr(op, "perm") ?? shape.map((_, axis) => shape.length - 1 - axis);
    return transposeView(view, perm);
  }
  // A scalar of higher rank than its operand adds unit dimensions, as a reshape does.
  return op.kind === "Expand" ? expandView(view, shape) : reshapeView(view, shape);
}

/** Emits the view of `source` and returns the value that holds it. */
export function emitView(rewriter: Rewriter, source: ValueId, view: View, covers: readonly Op[]): ValueId {
  let value = source;
  for (const step of planView(view)) {
    if (step.kind === "transpose") {
      value = rewriter.emit("Transpose", [value], { attrs: attrsOf({ perm: attr.ints(step.perm) }), covers });
      continue;
    }
    const shape = rewriter.constant("shape", tensorOf("i64", [step.shape.length], step.shape));
    value = rewriter.emit(step.kind === "reshape" ? "Reshape" : "Expand", [value, shape], { covers });
  }
  return value;
}
