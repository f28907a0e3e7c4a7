// Tensor data in the text: short constants as literals, the others as digests of their row-major little-endian bytes.
// Types without plain values (8-bit floats, packed and complex ones) are always digests; strings never are.
import { formatFloat, invariant, quote } from "@waferc/base";
import type { RoundFloat, TextReader } from "@waferc/base";
import { elementCount, kindOf, roundBf16, roundF16, tensorDigest, tensorOf, toValues } from "@waferc/numerics";
import type { DType, ElementValue, Tensor } from "@waferc/numerics";
import type { TensorSource } from "./graph.ts";
import type { BlobKey } from "./parse.ts";
import { sourceOf } from "./source.ts";

/** Constants with more elements print as a digest. */
const INLINE_ELEMENTS = 16;

const ROUND: Partial<Record<DType, RoundFloat>> = { f32: Math.fround, f16: roundF16, bf16: roundBf16, f64: (x) => x };

export function isInline({ dtype, shape }: TensorSource): boolean {
  if (dtype === "string") return true;
  return hasPlainValues(dtype) && elementCount(shape) <= INLINE_ELEMENTS;
}

function hasPlainValues(dtype: DType): boolean {
  if (kindOf(dtype) === "float") return ROUND[dtype] !== undefined;
  return kindOf(dtype) !== "complex" && !["i4", "u4", "i2", "u2"].includes(dtype);
}

const digests = new WeakMap<TensorSource, string>();

/** The source's own digest, or one computed from its data, once. */
export function digestOf(source: TensorSource): string {
  const known = source.sha256 ?? digests.get(source);
  if (known !== undefined) return known;
  const digest = tensorDigest(source.read());
  digests.set(source, digest);
  return digest;
}

/** `[1.0, -0.0, nan]`, row-major whatever the rank. */
export function printElements(tensor: Tensor): string {
  const round = ROUND[tensor.dtype];
  return `[${toValues(tensor)
    .map((value) => printElement(value, round))
    .join(", ")}]`;
}

function printElement(value: ElementValue, round: RoundFloat | undefined): string {
  if (typeof value === "string") return quote(value);
  return typeof value === "number" && round !== undefined ? formatFloat(value, round) : String(value);
}

/** f32 values, as attributes have them. */
export function printFloatList(values: readonly number[]): string[] {
  return values.map((value) => formatFloat(value, Math.fround));
}

/** The counterpart of `printElements`, behind the equals sign. */
export function readElements(reader: TextReader, dtype: DType, shape: readonly number[]): TensorSource {
  const token = reader.peek();
  const values = reader.list("[", "]", () => readElement(reader, dtype));
  const expected = elementCount(shape);
  if (values.length !== expected) reader.failAt(token, `Expected ${expected} elements, but found ${values.length}`);
  return sourceOf(tensorOf(dtype, shape, values));
}

function readElement(reader: TextReader, dtype: DType): ElementValue {
  if (dtype === "string") return reader.string();
  if (dtype === "bool") return reader.word(["true", "false"]) === "true";
  const round = ROUND[dtype];
  if (round !== undefined) return reader.float(round);
  const token = reader.peek();
  if (!hasPlainValues(dtype)) reader.failAt(token, `Expected a blob, because ${dtype} has no literals`);
  const value = reader.anyInteger();
  const [wrapped] = toValues(tensorOf(dtype, [1], [value]));
  if (wrapped === undefined || BigInt(wrapped) !== BigInt(value)) {
    reader.failAt(token, `Expected a value of ${dtype}, but found ${token.text}`);
  }
  return value;
}

/** Stands for data that nobody has, until somebody reads it. */
export function missingBlob({ sha256, dtype, shape, byteLength }: BlobKey): TensorSource {
  return {
    dtype,
    shape,
    byteLength,
    sha256,
    read: () => invariant(false, `data sha256:${sha256} must be given to the reader of the graph`) as never,
  };
}
