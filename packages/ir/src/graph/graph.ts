// The graph noun: a tensor-level program of ops and values, as ONNX means it. Everything is readonly;
// `GraphBuilder` makes and edits graphs. This file knows no op: shapes and meaning live in the ops package.
// Weights are `TensorSource`s, read when somebody asks, so that a graph of eight billion parameters is small.
import type { Branded } from "@waferc/base";
import type { DType, Tensor } from "@waferc/numerics";
import type { Attr } from "./attr.ts";

/** Index into `Graph.values`. Prints as `%3`. */
export type ValueId = Branded<number, "ValueId">;
/** Dense over a whole graph, the ops of nested blocks after those of the main block. */
export type OpId = Branded<number, "OpId">;

export const valueId = (index: number): ValueId => index as ValueId;
export const opId = (index: number): OpId => index as OpId;

/** A length, the name of a symbol or expression ("batch", "past + seq"), or `UNKNOWN_DIM`. */
export type Dim = number | string;
export type Shape = readonly Dim[];
/** A length about which nothing is known; unlike a symbol it does not equal itself. */
export const UNKNOWN_DIM = "?";

/** What holds tensors: a list of them, or one that may be absent. */
export type Wrapper = "sequence" | "optional";

/** What is known of a value: an absent dtype or shape is one that inference has not found (yet). */
export interface ValueType {
  readonly dtype?: DType | undefined;
  readonly shape?: Shape | undefined;
  /** From the outside in, around tensors of this dtype and shape; absent for a plain tensor. */
  readonly wrappers?: readonly Wrapper[] | undefined;
}

/** A value type with everything known but symbols. */
export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export interface Value extends ValueType {
  readonly id: ValueId;
  /** The name in the ONNX file; empty for values that a pass made. */
  readonly name: string;
}

/** Where the data of a constant is. `read` may be slow and may be called more than once. */
export interface TensorSource {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** Lower-case hex over the row-major little-endian data, when somebody computed it. */
  readonly sha256?: string | undefined;
  read(): Tensor;
}

export interface Op {
  readonly id: OpId;
  /** "" is ai.onnx. */
  readonly domain: string;
  /** The ONNX op_type, such as "MatMul". */
  readonly kind: string;
  /** The since-version of the schema in force: MatMul in opset 17 is version 13. */
  readonly version: number;
  readonly attrs: ReadonlyMap<string, Attr>;
  /** Holes are omitted optional operands. Trailing holes are dropped. */
  readonly operands: readonly (ValueId | undefined)[];
  readonly results: readonly (ValueId | undefined)[];
  /** Names of the ONNX nodes it stands for. Empty only if `from` is set. */
  readonly loc: readonly string[];
  /** The pass that made it, when no single ONNX node did. */
  readonly from?: string | undefined;
}

/**
 * Ordered ops with parameters: the body of If, Loop, Scan or a function. It sees the values of the
 * blocks around it by id; `params` and the results of its ops are its own.
 */
export interface Block {
  readonly name: string;
  readonly params: readonly ValueId[];
  readonly ops: readonly Op[];
  readonly results: readonly ValueId[];
}

export interface GraphOutput {
  readonly name: string;
  readonly value: ValueId;
}

export interface Graph {
  readonly name: string;
  /** Domain to opset version, "" being ai.onnx. */
  readonly opsets: ReadonlyMap<string, number>;
  /** Dense by id: inputs, constants, results of the main block, then of nested blocks. */
  readonly values: readonly Value[];
  readonly inputs: readonly ValueId[];
  /** In id order. Initialisers of nested blocks are here too. */
  readonly constants: ReadonlyMap<ValueId, TensorSource>;
  /** The main block in topological order; `ops[id].id === id`. */
  readonly ops: readonly Op[];
  readonly outputs: readonly GraphOutput[];
}

/** The value with this id; an id of another graph is a bug. */
export function valueOf(graph: Graph, id: ValueId): Value {
  const value = graph.values[id];
  if (value === undefined) throw new RangeError(`Value %${id} is not in graph "${graph.name}"`);
  return value;
}

/** Is a value of this type a tensor, not a sequence or an optional? */
export function isTensorType({ wrappers = [] }: ValueType): boolean {
  return wrappers.length === 0;
}

/** Dtype and shape of a tensor after inference; throws if inference has not found them, or it is no tensor. */
export function tensorTypeOf(graph: Graph, id: ValueId): TensorType {
  const value = valueOf(graph, id);
  const { dtype, shape, name } = value;
  if (!isTensorType(value)) throw new TypeError(`Value %${id} ("${name}") must be a tensor here`);
  if (dtype === undefined || shape === undefined) {
    throw new TypeError(`Value %${id} ("${name}") must have a dtype and a shape here`);
  }
  return { dtype, shape };
}

/** Product of the dims, or undefined if one is symbolic. */
export function elementCount(shape: Shape): number | undefined {
  let count = 1;
  for (const dim of shape) {
    if (typeof dim !== "number") return undefined;
    count *= dim;
  }
  return count;
}

export function isStaticShape(shape: Shape): shape is readonly number[] {
  return shape.every((dim) => typeof dim === "number");
}

/** Blocks among the attributes, in attribute order. */
export function blocksOf(op: Op): Block[] {
  const blocks: Block[] = [];
  for (const attr of op.attrs.values()) {
    if (attr.type === "block") blocks.push(attr.value);
    else if (attr.type === "blocks") blocks.push(...attr.value);
  }
  return blocks;
}

/** Every op, those of nested blocks directly after the op that holds them. */
export function* allOps(ops: readonly Op[]): Generator<Op> {
  for (const op of ops) {
    yield op;
    for (const block of blocksOf(op)) yield* allOps(block.ops);
  }
}

/** Values that an op reads: its operands, and what its blocks capture from outside. */
export function readsOf(op: Op): ValueId[] {
  const reads = op.operands.filter((id) => id !== undefined);
  for (const block of blocksOf(op)) reads.push(...capturesOf(block));
  return reads;
}

/** Values of surrounding blocks that a block uses, without repeats, in order of first use. */
export function capturesOf(block: Block): ValueId[] {
  const own = new Set<ValueId>(block.params);
  const captures = new Set<ValueId>();
  for (const op of block.ops) {
    for (const id of readsOf(op)) if (!own.has(id)) captures.add(id);
    for (const id of op.results) if (id !== undefined) own.add(id);
  }
  for (const id of block.results) if (!own.has(id)) captures.add(id);
  return [...captures];
}

/** "MatMul", or "com.microsoft::FusedMatMul" outside the default domain. */
export function qualifiedKind(op: Pick<Op, "domain" | "kind">): string {
  return op.domain === "" ? op.kind : `${op.domain}::${op.kind}`;
}
