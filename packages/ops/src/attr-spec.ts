// Typed attributes of op definitions: a table of specs gives both the check of a node's attributes and the type of
// what `infer` and `evaluate` receive.
import type { Attr, AttrType, Block, Op, TensorSource, ValueType } from "@waferc/ir/graph";
import { safeInteger } from "@waferc/ir/graph";
import { OpError } from "./op-error.ts";

export interface AttrSpec<T> {
  readonly type: AttrType;
  /** Must be written in the file. */
  readonly isRequired: boolean;
  /** For strings: the legal values. */
  readonly legal?: readonly string[];
  readonly byDefault: T;
  /** From the stored form to the form that definitions use. */
  readonly read: (attr: Attr) => T;
}

export type AttrTable = Readonly<Record<string, AttrSpec<unknown>>>;
export type AttrValues<A extends AttrTable> = { readonly [K in keyof A]: A[K] extends AttrSpec<infer T> ? T : never };

type Absent = undefined;
type ValueOf<T extends AttrType> = Extract<Attr, { type: T }>["value"];

function value<T extends AttrType>(attr: Attr, type: T): ValueOf<T> {
  if (attr.type !== type) throw new OpError(`needs ${type} here, but found ${attr.type}`);
  return attr.value as ValueOf<T>;
}

const readInt = (attr: Attr): number => safeInteger(value(attr, "int"));
const readInts = (attr: Attr): readonly number[] => value(attr, "ints").map(safeInteger);
const readFlag = (attr: Attr): boolean => readInt(attr) !== 0;

function optional<T>(type: AttrType, read: (attr: Attr) => T): AttrSpec<T | Absent> {
  return { type, isRequired: false, byDefault: undefined, read };
}

/** An integer; 64-bit ones beyond the safe range become the nearest safe one. */
export function int(byDefault: number): AttrSpec<number>;
export function int(): AttrSpec<number | Absent>;
export function int(byDefault?: number): AttrSpec<number | Absent> {
  return { type: "int", isRequired: false, byDefault, read: readInt };
}
export const requiredInt: AttrSpec<number> = { type: "int", isRequired: true, byDefault: 0, read: readInt };
export const ints = (): AttrSpec<readonly number[] | Absent> => optional("ints", readInts);
/** An integer that means yes or no. */
export function flag(byDefault: boolean): AttrSpec<boolean> {
  return { type: "int", isRequired: false, byDefault, read: readFlag };
}
export function float(byDefault: number): AttrSpec<number>;
export function float(): AttrSpec<number | Absent>;
export function float(byDefault?: number): AttrSpec<number | Absent> {
  const rounded = byDefault === undefined ? undefined : Math.fround(byDefault);
  return { type: "float", isRequired: false, byDefault: rounded, read: (attr) => value(attr, "float") };
}
export const floats = (): AttrSpec<readonly number[] | Absent> => optional("floats", (attr) => value(attr, "floats"));
export const tensor = (): AttrSpec<TensorSource | Absent> => optional("tensor", (attr) => value(attr, "tensor"));
export const strings = (): AttrSpec<readonly string[] | Absent> =>
  optional("strings", (attr) => value(attr, "strings"));
export const string = (byDefault: string): AttrSpec<string> => ({
  type: "string",
  isRequired: false,
  byDefault,
  read: (attr) => value(attr, "string"),
});
export const requiredString: AttrSpec<string> = {
  type: "string",
  isRequired: true,
  byDefault: "",
  read: (attr) => value(attr, "string"),
};
/** One of a closed set of words; the first is the default. */
export function word<const W extends readonly [string, ...string[]]>(...legal: W): AttrSpec<W[number]> {
  const read = (attr: Attr): W[number] => {
    const found = value(attr, "string");
    if (!legal.includes(found)) throw new OpError(`needs one of ${legal.join(", ")}, but found "${found}"`);
    return found;
  };
  return { type: "string", isRequired: false, byDefault: legal[0], legal, read };
}
export const requiredBlock: AttrSpec<Block> = {
  type: "block",
  isRequired: true,
  byDefault: { name: "", params: [], ops: [], results: [] },
  read: (attr) => value(attr, "block"),
};
export const block = (): AttrSpec<Block | Absent> => optional("block", (attr) => value(attr, "block"));
export const valueType = (): AttrSpec<ValueType | Absent> => optional("type", (attr) => value(attr, "type"));

/** The attributes of an op in the form of its definition. Attributes without a spec are ignored. */
export function readAttrs<A extends AttrTable>(table: A, op: Pick<Op, "attrs">): AttrValues<A> {
  const values: Record<string, unknown> = {};
  for (const [name, spec] of Object.entries(table)) values[name] = readAttr(name, spec, op.attrs.get(name));
  return values as AttrValues<A>;
}

function readAttr(name: string, spec: AttrSpec<unknown>, found: Attr | undefined): unknown {
  if (found === undefined) {
    if (spec.isRequired) throw new OpError(`needs attribute "${name}"`);
    return spec.byDefault;
  }
  try {
    return spec.read(found);
  } catch (error) {
    if (error instanceof OpError) throw new OpError(`attribute "${name}" ${error.message}`);
    throw error;
  }
}
