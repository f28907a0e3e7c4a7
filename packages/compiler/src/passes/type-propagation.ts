// Types and data through a graph in topological order: infers each op's result types, and computes results that follow from
// constants and types (shape arithmetic, masks of bound dims). `infer-shapes` keeps the types only, `fold-constants` the data.
// Declared types fill what inference leaves open; where they contradict it, the inferred type wins with a warning.
import type { DiagnosticSink } from "@waferc/base";
import type { GraphBuilder } from "@waferc/ir/graph";
import {
  UNKNOWN_DIM,
  blocksOf,
  printType,
  qualifiedKind,
  type Op,
  type Shape,
  type ValueId,
  type ValueType,
} from "@waferc/ir/graph";
import { isFloat, type Tensor } from "@waferc/numerics";
import { foldOp, inferOp, OpError } from "@waferc/ops";
import { CODES } from "../codes.ts";
import { propagateBlocks, type VisitBlock } from "./propagate-blocks.ts";

/** No shape depends on integers beyond this, nor on floats beyond a few scalars: larger constants are tables and weights. */
const KNOWN_INTEGER_BYTES = 2 ** 16;
const KNOWN_FLOAT_BYTES = 256;

export interface Propagation {
  readonly graph: GraphBuilder;
  readonly diag: DiagnosticSink;
  /** Data of values, as far as it is known and small. */
  readonly known: Map<ValueId, Tensor>;
  /** Largest result that is computed, in elements. */
  readonly maxElements: number;
  /** Whether parameters of blocks have their types, so that the ops of a block are visited once and may be edited. */
  readonly areBlocksTyped: boolean;
}

export function startPropagation(
  graph: GraphBuilder,
  diag: DiagnosticSink,
  maxElements: number,
  areBlocksTyped = false,
): Propagation {
  const known = new Map<ValueId, Tensor>();
  for (const [id, source] of graph.constants) {
    const limit = isFloat(source.dtype) ? KNOWN_FLOAT_BYTES : KNOWN_INTEGER_BYTES;
    if (source.byteLength <= limit) known.set(id, source.read());
  }
  return { graph, diag, known, maxElements, areBlocksTyped };
}

/**
 * Types the results of one op and returns their data, if it follows. Ops must come in topological order.
 * An op that breaks its rules is reported (PAS-006) and leaves its results' types as they are.
 * @param visitBlock types the ops of a block of the op, as the caller goes through ops
 */
export function propagateOp(
  run: Propagation,
  op: Op,
  visitBlock: VisitBlock,
): readonly (Tensor | undefined)[] | undefined {
  const { graph, known } = run;
  const types = op.operands.map((id) => (id === undefined ? undefined : graph.value(id)));
  const constants = op.operands.map((id) => (id === undefined ? undefined : known.get(id)));
  try {
    const inferred = inferOp(op, types, constants);
    op.results.forEach((id, i) => {
      if (id !== undefined) graph.setType(id, mergeTypes(run, op, id, inferred[i] ?? {}));
    });
    if (run.areBlocksTyped) blocksOf(op).forEach(visitBlock);
    else propagateBlocks(run, op, visitBlock);
    return foldOp(op, types, constants, run.maxElements);
  } catch (error) {
    if (!(error instanceof OpError)) throw error;
    const operands = types.map((type) => (type === undefined ? "_" : printType(type))).join(", ");
    run.diag.report(CODES["PAS-006"], {
      message: `Cannot infer the shape of ${qualifiedKind(op)}: it ${error.message}`,
      at: { kind: "onnx", node: op.loc[0] ?? `op ${op.id}` },
      notes: [{ message: `operands ${operands}` }],
    });
    return undefined;
  }
}

function mergeTypes(run: Propagation, op: Op, id: ValueId, inferred: ValueType): ValueType {
  const declared = run.graph.value(id);
  const dtype = inferred.dtype ?? declared.dtype;
  const wrappers = inferred.wrappers ?? declared.wrappers;
  if (wrappers !== undefined) return { dtype, shape: inferred.shape ?? declared.shape, wrappers };
  if (inferred.shape === undefined || declared.shape === undefined) {
    return { dtype, shape: inferred.shape ?? declared.shape };
  }
  const other = declared.shape;
  const isSound =
    inferred.shape.length === other.length && inferred.shape.every((dim, axis) => canAgree(dim, other[axis]));
  if (!isSound || (inferred.dtype !== undefined && declared.dtype !== undefined && inferred.dtype !== declared.dtype)) {
    run.diag.report(CODES["PAS-007"], {
      message: `"${declared.name}" is declared as ${printType(declared)}, but is ${printType({ dtype, shape: inferred.shape })}`,
      at: { kind: "onnx", node: op.loc[0] ?? `op ${op.id}` },
    });
    return { dtype, shape: inferred.shape };
  }
  return { dtype, shape: inferred.shape.map((dim, axis) => moreSpecific(dim, other[axis] ?? dim)) };
}

function canAgree(a: Shape[number], b: Shape[number] | undefined): boolean {
  return typeof a === "string" || typeof b === "string" || a === b;
}

function moreSpecific(inferred: Shape[number], declared: Shape[number]): Shape[number] {
  if (typeof inferred === "number") return inferred;
  if (typeof declared === "number") return declared;
  return inferred === UNKNOWN_DIM ? declared : inferred;
}
