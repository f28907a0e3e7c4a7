// What it takes to define an op. A definition covers every version of one ONNX op_type that it names; where versions
// differ, it asks `version`. Families (elementwise, reduction, ..) build definitions for ops that differ in little.
import type { Block, Shape, TensorType, ValueType } from "@waferc/ir/graph";
import type { Tensor } from "@waferc/numerics";
import type { AttrTable, AttrValues } from "./attr-spec.ts";
import type { Data } from "./data.ts";

/** Smallest and largest number of operands or results. */
export type Arity = readonly [min: number, max: number];

/** What inference knows of one op. */
export interface InferContext<A extends AttrTable = AttrTable> {
  readonly version: number;
  readonly attrs: AttrValues<A>;
  readonly operands: readonly (ValueType | undefined)[];
  /** How many results the op lists, holes included. */
  readonly resultCount: number;
  /** @throws OpError if the operand is omitted or no tensor */
  operand(index: number): ValueType;
  /** The operand's type, be it a tensor or not. @throws OpError if the operand is omitted */
  type(index: number): ValueType;
  has(index: number): boolean;
  /** The operand's shape, if its rank is known. */
  shape(index: number): Shape | undefined;
  /** The operand's data, if it is known. */
  constant(index: number): Tensor | undefined;
  /** The operand as a list of integers, if its data is known. */
  ints(index: number): number[] | undefined;
  /** Types of a block's results, as far as they are known. */
  blockResults(block: Block): readonly ValueType[];
}

/** What evaluation knows of one op: everything. */
export interface EvaluateContext<A extends AttrTable = AttrTable> {
  readonly version: number;
  readonly attrs: AttrValues<A>;
  readonly operands: readonly (Data | undefined)[];
  readonly resultCount: number;
  /** @throws OpError if the operand is omitted or no tensor */
  operand(index: number): Tensor;
  /** Undefined if the operand is omitted. @throws OpError if it is no tensor */
  optional(index: number): Tensor | undefined;
  /** The operand, be it a tensor or not. @throws OpError if the operand is omitted */
  data(index: number): Data;
  has(index: number): boolean;
  /** The operand as a list of integers. */
  ints(index: number): number[];
  /** Type of a result, from the shape rule on these operands. */
  result(index: number): StaticType;
  /** Runs a block of a control-flow op. */
  run(block: Block, args: readonly Data[]): Data[];
  /** Declared types of a block's results, as far as they are known: for loops that never run. */
  blockResults(block: Block): readonly ValueType[];
}

export interface StaticType extends TensorType {
  readonly shape: readonly number[];
}

/** What cost rules know: complete types, with symbols bound. */
export interface CostContext<A extends AttrTable = AttrTable> {
  readonly version: number;
  readonly attrs: AttrValues<A>;
  readonly operands: readonly (StaticType | undefined)[];
  readonly results: readonly (StaticType | undefined)[];
}

/** How an op touches its operands; passes and lowering ask for this, never for an op's name. */
export type OpTrait =
  | "elementwise" // each result element depends on the (broadcast) operand elements at its index
  | "movement" // result elements are operand elements, rearranged or chosen; no arithmetic
  | "reduction" // operand elements are combined along axes
  | "contraction" // sums of products: has macs
  | "metadata" // depends on the types of its operands only, not on their data
  | "commutative"
  | "control" // holds blocks
  | "compound"; // has an exact definition in primitives

export interface OpDefinition<A extends AttrTable = AttrTable> {
  /** "" is ai.onnx. */
  readonly domain: string;
  readonly kind: string;
  /** Since-versions that it implements, ascending. */
  readonly versions: readonly [number, ...number[]];
  /** Earlier versions whose meaning differs and that it does not implement. */
  readonly missing: readonly number[];
  /** The page that defines the op. */
  readonly source: string;
  readonly attrs: A;
  readonly operands: Arity;
  readonly results: Arity;
  readonly traits: readonly OpTrait[];
  /** @throws OpError if the operands do not fit the op */
  readonly infer: (ctx: InferContext<A>) => readonly (ValueType | undefined)[];
  /** @throws OpError if the data does not fit the op */
  readonly evaluate: (ctx: EvaluateContext<A>) => readonly (Data | undefined)[];
  /** Results that follow without all of the data, if they do: Shape knows its result from a type. */
  readonly fold?: (ctx: InferContext<A>) => readonly (Tensor | undefined)[] | undefined;
  /** Multiply-accumulates. */
  readonly macs?: (ctx: CostContext<A>) => number;
  /** Floating-point operations; the default follows from the traits. */
  readonly flops?: (ctx: CostContext<A>) => number;
}

/** An op table entry: attributes untyped, for those who handle ops in general. */
export type AnyOpDefinition = OpDefinition<AttrTable>;

type Optional = "domain" | "attrs" | "missing" | "results" | "source" | "traits";
export type OpDescription<A extends AttrTable> = Omit<OpDefinition<A>, Optional> & {
  readonly domain?: string;
  readonly attrs?: A;
  readonly missing?: readonly number[];
  readonly results?: Arity;
  readonly traits?: readonly OpTrait[];
  readonly source?: string;
};

/** One result, no attributes and the page of the ONNX specification unless stated. */
export function defineOp<const A extends AttrTable = Record<never, never>>(op: OpDescription<A>): AnyOpDefinition {
  const { domain = "", missing = [], results = [1, 1], traits = [], source = specPage(domain, op.kind) } = op;
  // The attribute table that `infer` and `evaluate` assume is the one stored beside them.
  return { ...op, domain, missing, results, traits, source, attrs: op.attrs ?? {} } as unknown as AnyOpDefinition;
}

function specPage(domain: string, kind: string): string {
  if (domain === "com.microsoft") {
    return `https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#${domain}.${kind}`;
  }
  return `https://onnx.ai/onnx/operators/onnx_${domain.replaceAll(".", "")}_${kind}.html`;
}
