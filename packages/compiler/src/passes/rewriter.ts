// What recognition and simplification passes share: a graph under construction whose new ops get their types from the op
// table, replacement that refuses to change a value's type, and removal of what became dead. New ops are in the newest
// version of the operator that the table knows, or in the fixed one of a canonical compound op.
import { invariant } from "@waferc/base";
import {
  GraphBuilder,
  isStaticShape,
  sourceOf,
  type Attrs,
  type Graph,
  type Op,
  type ValueId,
  type ValueType,
} from "@waferc/ir/graph";
import type { DType, Tensor } from "@waferc/numerics";
import { evaluateOp, inferOp, opTable } from "@waferc/ops";
import { eraseDead } from "./liveness.ts";

/** Versions of the compound ops that are the compiler's canonical forms; lowering knows these. */
const CANONICAL_VERSIONS: ReadonlyMap<string, number> = new Map([
  ["RMSNormalization", 23],
  ["LayerNormalization", 17],
  ["Gelu", 20],
  ["Swish", 24],
  ["Softmax", 13],
  ["RotaryEmbedding", 23],
  ["Attention", 23],
]);

/** Constants up to this many bytes are read for inference and folded when an op on them is emitted. */
const SMALL_BYTES = 2 ** 24;

export interface EmitOptions {
  readonly attrs?: Attrs;
  /** Ops that the new op stands for, fully or in part; their locations become its own. */
  readonly covers?: readonly Op[];
}

export class Rewriter {
  readonly graph: GraphBuilder;
  readonly #pass: string;

  constructor(graph: Graph, pass: string) {
    this.graph = GraphBuilder.from(graph);
    this.#pass = pass;
  }

  /** The op's result, typed. If all operands are small constants, so is the result. */
  emit(kind: string, given: readonly (ValueId | undefined)[], options: EmitOptions = {}): ValueId {
    const operands = given.slice(0, given.findLastIndex((id) => id !== undefined) + 1);
    const version = CANONICAL_VERSIONS.get(kind) ?? opTable.get(kind)?.versions.at(-1);
    invariant(version !== undefined, `${kind} must be in the op table`);
    const { attrs = new Map() } = options;
    const like = { domain: "", kind, version, attrs, results: [undefined] };
    const tensors = operands.map((id) => this.#smallConstant(id));
    if (operands.every((id, i) => id === undefined || tensors[i] !== undefined)) {
      const [folded] = evaluateOp(like, tensors);
      if (folded !== undefined) return this.constant(kind.toLowerCase(), folded);
    }
    const [type] = inferOp(
      like,
      operands.map((id) => this.#type(id)),
      tensors,
    );
    this.graph.opsets.set("", Math.max(this.graph.opsets.get("") ?? 1, version));
    const loc = uniqueLocs(options.covers ?? []);
    return this.graph.emit({ kind, version, attrs, operands, loc, from: this.#pass }, type);
  }

  constant(name: string, tensor: Tensor): ValueId {
    return this.graph.addConstant(name, sourceOf(tensor));
  }

  /** Lengths of a value, if all are known. */
  shapeOf(id: ValueId | undefined): readonly number[] | undefined {
    const shape = id === undefined ? undefined : this.graph.value(id).shape;
    return shape !== undefined && isStaticShape(shape) ? shape : undefined;
  }

  dtypeOf(id: ValueId): DType | undefined {
    return this.graph.value(id).dtype;
  }

  /** Lets `to` take the place of `from` if it has the same type; says whether it did. */
  replace(from: ValueId, to: ValueId): boolean {
    const [old, now] = [this.graph.value(from), this.graph.value(to)];
    if (from === to || old.dtype !== now.dtype || !haveEqualShapes(old, now)) return false;
    this.graph.replaceUses(from, to);
    return true;
  }

  /** The rewritten graph without dead ops. */
  finish(): Graph {
    eraseDead(this.graph);
    return this.graph.freeze();
  }

  #type(id: ValueId | undefined): ValueType | undefined {
    return id === undefined ? undefined : this.graph.value(id);
  }

  #smallConstant(id: ValueId | undefined): Tensor | undefined {
    const source = this.graph.constant(id);
    return source === undefined || source.byteLength > SMALL_BYTES ? undefined : source.read();
  }
}

function haveEqualShapes(a: ValueType, b: ValueType): boolean {
  if (a.shape === undefined || b.shape === undefined) return a.shape === b.shape;
  const other = b.shape;
  return a.shape.length === other.length && a.shape.every((dim, axis) => dim === other[axis]);
}

/** Locations of ops, each once, in their order. */
export function uniqueLocs(ops: readonly Op[]): string[] {
  return [...new Set(ops.flatMap((op) => op.loc))];
}
