// What recognition and simplification passes share: a graph under construction whose new ops get their types from the op
// table, replacement that refuses to change a value's type, and removal of what became dead. New ops are in the newest
// version of the operator that the table knows, or in the fixed one of a canonical compound op.
import { invariant } from "@waferc/base";
import {
  GraphBuilder,
  isStaticShape,
  qualifiedKind,
  sourceOf,
  type Attrs,
  type Graph,
  type Op,
  type ValueId,
  type ValueType,
} from "@waferc/ir/graph";
import { describeTensor, tensorDigest, type DType, type Tensor } from "@waferc/numerics";
import { evaluateOp, inferOp, OpError, opTable, type OpLike } from "@waferc/ops";
import { eraseDead } from "./liveness.ts";
import { staysUnfolded } from "./quantized-constant.ts";

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

/** Shapes, axes and the like: constants that type inference may ask for. */
const SHAPE_BYTES = 4096;

/** An op on constants of at most this many bytes is folded when it is emitted; larger ones are left to `fold-constants`. */
const FOLDED_BYTES = 2 ** 20;

export interface EmitOptions {
  /** "" unless given. */
  readonly domain?: string;
  readonly attrs?: Attrs;
  /** Ops that the new op stands for, fully or in part; their locations become its own. */
  readonly covers?: readonly Op[];
}

export class Rewriter {
  readonly graph: GraphBuilder;
  readonly #pass: string;
  readonly #made = new Map<string, ValueId>();

  constructor(graph: Graph, pass: string) {
    this.graph = GraphBuilder.from(graph);
    this.#pass = pass;
  }

  /** The op's result, typed. If all operands are small constants, so is the result. */
  emit(kind: string, given: readonly (ValueId | undefined)[], options: EmitOptions = {}): ValueId {
    const [id] = this.emitAll(kind, given, 1, options);
    invariant(id !== undefined, "an op with one result has it");
    return id;
  }

  /** The first `count` results of the op. */
  emitAll(
    kind: string,
    given: readonly (ValueId | undefined)[],
    count: number,
    options: EmitOptions = {},
  ): readonly ValueId[] {
    const { attrs = new Map(), domain = "", covers = [] } = options;
    const operands = given.slice(0, given.findLastIndex((id) => id !== undefined) + 1);
    const name = qualifiedKind({ domain, kind });
    const version = CANONICAL_VERSIONS.get(name) ?? opTable.get(name)?.versions.at(-1);
    invariant(version !== undefined, `${name} must be in the op table`);
    const like = { domain, kind, version, attrs, results: Array.from({ length: count }, () => undefined) };
    const folded = this.#fold(like, operands);
    if (folded !== undefined) return folded.map((tensor) => this.constant(kind.toLowerCase(), tensor));
    const types = operands.map((id) => (id === undefined ? undefined : this.graph.value(id)));
    const results = inferOp(
      like,
      types,
      operands.map((id) => this.#readUpTo(SHAPE_BYTES, id)),
    );
    this.graph.opsets.set(domain, Math.max(this.graph.opsets.get(domain) ?? 1, version));
    const specs = like.results.map((_, i) => results[i] ?? {});
    const op = this.graph.addOp({
      domain,
      kind,
      version,
      attrs,
      operands,
      results: specs,
      loc: uniqueLocs(covers),
      from: this.#pass,
    });
    return op.results.filter((id) => id !== undefined);
  }

  /** A constant; one that the pass made before with the same data is used again. */
  constant(name: string, tensor: Tensor): ValueId {
    const key = `${describeTensor(tensor)} ${tensorDigest(tensor)}`;
    const before = this.#made.get(key);
    if (before !== undefined) return before;
    const id = this.graph.addConstant(name, sourceOf(tensor));
    this.#made.set(key, id);
    return id;
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

  #fold(like: OpLike, operands: readonly (ValueId | undefined)[]): readonly Tensor[] | undefined {
    if (operands.length === 0 || operands.some((id) => id !== undefined && !this.graph.constants.has(id)))
      return undefined;
    const shapes = operands.map((id) => this.graph.constant(id)?.shape);
    if (staysUnfolded(like, shapes)) return undefined;
    const tensors = operands.map((id) => this.#readUpTo(FOLDED_BYTES, id));
    if (operands.some((id, i) => id !== undefined && tensors[i] === undefined)) return undefined;
    const results = tryEvaluate(like, tensors);
    return results?.every((tensor) => tensor !== undefined) === true ? results : undefined;
  }

  #readUpTo(maxBytes: number, id: ValueId | undefined): Tensor | undefined {
    const source = this.graph.constant(id);
    return source === undefined || source.byteLength > maxBytes ? undefined : source.read();
  }
}

/** Undefined for data that break the op's rules: the op is made, and whoever computes it says so. */
function tryEvaluate(
  like: OpLike,
  tensors: readonly (Tensor | undefined)[],
): readonly (Tensor | undefined)[] | undefined {
  try {
    return evaluateOp(like, tensors);
  } catch (error) {
    if (error instanceof OpError) return undefined;
    throw error;
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
