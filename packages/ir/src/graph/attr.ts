// Attributes of ops, as a closed union that mirrors ONNX's AttributeProto, and readers with defaults.
// Integers stay bigint because ONNX uses INT64_MAX as "to the end"; `intAttr` narrows to a safe number.
import type { Block, Op, TensorSource, ValueType } from "./graph.ts";

export type Attr =
  | { readonly type: "int"; readonly value: bigint }
  | { readonly type: "ints"; readonly value: readonly bigint[] }
  | { readonly type: "float"; readonly value: number }
  | { readonly type: "floats"; readonly value: readonly number[] }
  | { readonly type: "string"; readonly value: string }
  | { readonly type: "strings"; readonly value: readonly string[] }
  | { readonly type: "tensor"; readonly value: TensorSource }
  | { readonly type: "tensors"; readonly value: readonly TensorSource[] }
  | { readonly type: "type"; readonly value: ValueType }
  | { readonly type: "block"; readonly value: Block }
  | { readonly type: "blocks"; readonly value: readonly Block[] };

export type AttrType = Attr["type"];
export type Attrs = ReadonlyMap<string, Attr>;
type Holder = Pick<Op, "attrs" | "kind">;
type ValueOf<T extends AttrType> = Extract<Attr, { type: T }>["value"];

/** Makers of attributes: `attr.int(-1)`, `attr.ints([0, 1])`. */
export const attr = {
  int: (value: number | bigint): Attr => ({ type: "int", value: BigInt(value) }),
  ints: (value: readonly (number | bigint)[]): Attr => ({ type: "ints", value: value.map(BigInt) }),
  /** Rounded to f32, the only float that ONNX attributes hold. */
  float: (value: number): Attr => ({ type: "float", value: Math.fround(value) }),
  floats: (value: readonly number[]): Attr => ({ type: "floats", value: value.map(Math.fround) }),
  string: (value: string): Attr => ({ type: "string", value }),
  strings: (value: readonly string[]): Attr => ({ type: "strings", value }),
  tensor: (value: TensorSource): Attr => ({ type: "tensor", value }),
  type: (value: ValueType): Attr => ({ type: "type", value }),
  block: (value: Block): Attr => ({ type: "block", value }),
};

/** Attributes from a plain object, without the undefined ones. */
export function attrsOf(entries: Readonly<Record<string, Attr | undefined>>): Attrs {
  const attrs = new Map<string, Attr>();
  for (const [name, entry] of Object.entries(entries)) if (entry !== undefined) attrs.set(name, entry);
  return attrs;
}

function read<T extends AttrType>(op: Holder, name: string, type: T): ValueOf<T> | undefined {
  const found = op.attrs.get(name);
  if (found === undefined) return undefined;
  if (found.type !== type) {
    throw new TypeError(`Attribute "${name}" of ${op.kind} must be ${type}, found ${found.type}`);
  }
  return found.value as ValueOf<T> | undefined;
}

/** 64-bit integers beyond the safe range become the nearest safe one, which for "to the end" means the same. */
export function safeInteger(value: bigint): number {
  if (value > BigInt(Number.MAX_SAFE_INTEGER)) return Number.MAX_SAFE_INTEGER;
  if (value < BigInt(Number.MIN_SAFE_INTEGER)) return Number.MIN_SAFE_INTEGER;
  return Number(value);
}

export function intAttr(op: Holder, name: string): number | undefined;
export function intAttr(op: Holder, name: string, byDefault: number): number;
export function intAttr(op: Holder, name: string, byDefault?: number): number | undefined {
  const value = read(op, name, "int");
  return value === undefined ? byDefault : safeInteger(value);
}

export function intsAttr(op: Holder, name: string): number[] | undefined {
  return read(op, name, "ints")?.map(safeInteger);
}

export function floatAttr(op: Holder, name: string): number | undefined;
export function floatAttr(op: Holder, name: string, byDefault: number): number;
export function floatAttr(op: Holder, name: string, byDefault?: number): number | undefined {
  return read(op, name, "float") ?? byDefault;
}

export function floatsAttr(op: Holder, name: string): readonly number[] | undefined {
  return read(op, name, "floats");
}

export function stringAttr(op: Holder, name: string): string | undefined;
export function stringAttr(op: Holder, name: string, byDefault: string): string;
export function stringAttr(op: Holder, name: string, byDefault?: string): string | undefined {
  return read(op, name, "string") ?? byDefault;
}

export function stringsAttr(op: Holder, name: string): readonly string[] | undefined {
  return read(op, name, "strings");
}

export function tensorAttr(op: Holder, name: string): TensorSource | undefined {
  return read(op, name, "tensor");
}

export function blockAttr(op: Holder, name: string): Block | undefined {
  return read(op, name, "block");
}
