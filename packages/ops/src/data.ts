// What values hold when a graph runs: tensors, sequences of tensors, and optionals, which hold one of the two or nothing.
// Tensors have no `kind`, so that code that knows no other data is unchanged. Nothing is edited once it is made.
// Leaves out maps and sequences of sequences, which no operator of ai.onnx takes.
import type { Shape, ValueType } from "@waferc/ir/graph";
import { printType, UNKNOWN_DIM } from "@waferc/ir/graph";
import type { DType, Tensor } from "@waferc/numerics";
import { OpError, require } from "./op-error.ts";

export interface SequenceData {
  readonly kind: "sequence";
  /** That of every element; of an empty sequence it may be unknown. */
  readonly dtype: DType | undefined;
  readonly elements: readonly Tensor[];
}

export interface OptionalData {
  readonly kind: "optional";
  readonly element: Tensor | SequenceData | undefined;
}

export type Data = Tensor | SequenceData | OptionalData;

export function isTensor(data: Data): data is Tensor {
  return !("kind" in data);
}

export function isSequence(data: Data): data is SequenceData {
  return "kind" in data && data.kind === "sequence";
}

export function isOptional(data: Data): data is OptionalData {
  return "kind" in data && data.kind === "optional";
}

/**
 * A sequence; `dtype` is for those that may be empty.
 * @throws OpError if an element is of another dtype
 */
export function sequenceOf(elements: readonly Tensor[], dtype: DType | undefined = elements[0]?.dtype): SequenceData {
  const other = elements.find((element) => element.dtype !== dtype);
  require(other === undefined, () => `cannot put ${other?.dtype} into a sequence of ${dtype}`);
  return Object.freeze({ kind: "sequence", dtype, elements: Object.freeze([...elements]) });
}

/** An optional with an element, or without one. */
export function optionalOf(element?: Tensor | SequenceData): OptionalData {
  return Object.freeze({ kind: "optional", element });
}

/** Type of a piece of data. Lengths in which elements of a sequence differ are unknown, as is what an empty optional would hold. */
export function typeOfData(data: Data): ValueType {
  if (isTensor(data)) return { dtype: data.dtype, shape: data.shape };
  if (isSequence(data)) {
    return { dtype: data.dtype, shape: commonShape(data.elements.map(({ shape }) => shape)), wrappers: ["sequence"] };
  }
  if (data.element === undefined) return { wrappers: ["optional"] };
  const { wrappers = [], ...tensor } = typeOfData(data.element);
  return { ...tensor, wrappers: ["optional", ...wrappers] };
}

/** The type of a value without its id and name, which `Value` has too. */
export function bareType({ dtype, shape, wrappers = [] }: ValueType): ValueType {
  return wrappers.length === 0 ? { dtype, shape } : { dtype, shape, wrappers };
}

/** What all of these types have in common; nothing is known if one is a sequence and another is not. */
export function commonType(types: readonly ValueType[]): ValueType {
  const [first = {}, ...rest] = types;
  if (rest.some((type) => !areWrappersEqual(type, first))) return {};
  const dtype = rest.every((type) => type.dtype === first.dtype) ? first.dtype : undefined;
  return bareType({ dtype, shape: commonShape(types.map(({ shape }) => shape)), wrappers: first.wrappers });
}

/** The shape that all of these have; unknown if their ranks differ or there is none. */
export function commonShape(shapes: readonly (Shape | undefined)[]): Shape | undefined {
  const [first, ...rest] = shapes;
  if (first === undefined || rest.some((shape) => shape?.length !== first.length)) return undefined;
  return first.map((dim, axis) => (rest.every((shape) => shape?.[axis] === dim) ? dim : UNKNOWN_DIM));
}

/** Such as `f32[4,8]` or `seq(f32[4,?])`. */
export function describeData(data: Data): string {
  return printType(typeOfData(data));
}

/** Is it data of this type, as far as the type is known? */
export function isDataOf(data: Data, type: ValueType): boolean {
  const found = typeOfData(data);
  // An absent element fits any optional.
  const isAbsent = isOptional(data) && data.element === undefined;
  if (isAbsent ? type.wrappers?.[0] !== "optional" : !areWrappersEqual(found, type)) return false;
  return tensorsOf(data).every(({ dtype, shape }) => {
    if (type.dtype !== undefined && type.dtype !== dtype) return false;
    if (type.shape === undefined) return true;
    return (
      type.shape.length === shape.length &&
      type.shape.every((dim, axis) => typeof dim === "string" || dim === shape[axis])
    );
  });
}

/** A value of unknown form: absent wrappers mean a tensor only where something is known. */
export function isUnknownType({ dtype, shape, wrappers = [] }: ValueType): boolean {
  return dtype === undefined && shape === undefined && wrappers.length === 0;
}

/** Are both tensors, or sequences, or optionals of the same? */
export function areWrappersEqual({ wrappers: a = [] }: ValueType, { wrappers: b = [] }: ValueType): boolean {
  return a.length === b.length && a.every((wrapper, i) => wrapper === b[i]);
}

/** Every tensor in it. */
export function tensorsOf(data: Data): readonly Tensor[] {
  if (isTensor(data)) return [data];
  if (isSequence(data)) return data.elements;
  return data.element === undefined ? [] : tensorsOf(data.element);
}

/** @throws OpError, naming `what`, if it is no tensor */
export function expectTensor(data: Data, what: string): Tensor {
  if (isTensor(data)) return data;
  throw new OpError(`needs a tensor as ${what}, but found ${describeData(data)}`);
}
