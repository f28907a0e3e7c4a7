// Comparison of an output with its golden one. An element passes when |a - b| <= atol + rtol |b| + P max|b|, where b is the
// expected one and the maximum is over the finite expected values of the tensor. NaN passes against NaN and an infinity
// against the same infinity; any other pair with a value that is not finite is a mismatch of class and fails.

import { bitsOf, kindOf } from "./dtype.ts";
import type { DType } from "./dtype.ts";
import type { ElementValue } from "./element-codec.ts";
import { codesOf, elementAt, toFloat64 } from "./tensor.ts";
import type { Tensor } from "./tensor.ts";

export interface Tolerance {
  readonly rtol: number;
  readonly atol: number;
  /** P: the part of the largest expected magnitude that is allowed everywhere. */
  readonly peakTol?: number;
}

export interface TensorComparison {
  readonly pass: boolean;
  /** Why the values were not even compared. */
  readonly mismatch?: "dtype" | "shape";
  /** Elements that do not pass, those of another class among them. */
  readonly failures: number;
  /** Pairs in which one is NaN or infinite and the other is not the same. The metrics below leave them out. */
  readonly classMismatches: number;
  /** Largest |a - b|. */
  readonly maxAbs: number;
  /** Largest |a - b| / |b| over b that are not 0. */
  readonly maxRel: number;
  /** Largest distance in representable values of the type; for integers the same as `maxAbs`. */
  readonly maxUlp: number;
  /** Cosine of the angle between the two, as vectors; 1 if both are zero. */
  readonly cosine: number;
  /** Whether the index of the (first) largest element agrees in every row along the last axis. */
  readonly argmaxEqual: boolean;
  /** The element that uses most of its tolerance; none in an empty tensor. */
  readonly worst?: {
    readonly index: readonly number[];
    readonly expected: ElementValue;
    readonly actual: ElementValue;
  };
}

/** Tolerance for outputs of a type when neither a flag nor a case says another. */
export function defaultTolerance(dtype: DType): Tolerance {
  switch (dtype) {
    case "f64":
    case "f32":
      return { rtol: 1e-4, atol: 1e-5 };
    case "f16":
      return { rtol: 1e-2, atol: 1e-3 };
    case "bf16":
      return { rtol: 5e-2, atol: 1e-2 };
    default:
      return { rtol: 0, atol: 0 };
  }
}

/** Metrics of tensors that cannot be compared element by element. */
const INCOMPARABLE = {
  failures: 0,
  classMismatches: 0,
  maxAbs: 0,
  maxRel: 0,
  maxUlp: 0,
  cosine: 0,
  argmaxEqual: false,
};

/** Compares one output with its golden one. Complex types are not comparable: RangeError. */
export function compareTensors(actual: Tensor, expected: Tensor, tolerance: Tolerance): TensorComparison {
  if (actual.dtype !== expected.dtype) return { pass: false, mismatch: "dtype", ...INCOMPARABLE };
  const { shape } = expected;
  if (actual.shape.length !== shape.length || !shape.every((extent, axis) => extent === actual.shape[axis])) {
    return { pass: false, mismatch: "shape", ...INCOMPARABLE };
  }
  if (expected.dtype === "string") return compareStrings(actual, expected);
  const [a, b] = [toFloat64(actual), toFloat64(expected)];
  const differences = differencesOf(actual, expected, a, b);
  const scan = scanElements(a, b, differences, tolerance);
  return {
    pass: scan.failures === 0,
    failures: scan.failures,
    classMismatches: scan.classMismatches,
    maxAbs: scan.maxAbs,
    maxRel: scan.maxRel,
    maxUlp: maxUlpOf(actual, expected, a, b, scan.maxAbs),
    cosine: cosineOf(a, b),
    argmaxEqual: areArgmaxesEqual(a, b, shape.at(-1) ?? 1),
    ...worstOf(actual, expected, scan.worst),
  };
}

function compareStrings(actual: Tensor, expected: Tensor): TensorComparison {
  let failures = 0;
  let worst = expected.data.length > 0 ? 0 : -1;
  for (let i = 0; i < expected.data.length; i++) {
    if (actual.data[i] === expected.data[i]) continue;
    if (failures === 0) worst = i;
    failures++;
  }
  const areEqual = failures === 0;
  const metrics = { classMismatches: 0, maxAbs: 0, maxRel: 0, maxUlp: 0, cosine: areEqual ? 1 : 0 };
  return { pass: areEqual, failures, ...metrics, argmaxEqual: areEqual, ...worstOf(actual, expected, worst) };
}

/** |a - b| of every element, exact for 64-bit integers too until it is rounded to a double. */
function differencesOf(actual: Tensor, expected: Tensor, a: Float64Array, b: Float64Array): Float64Array {
  if (bitsOf(actual.dtype) === 64 && kindOf(actual.dtype) !== "float") {
    const [left, right] = [actual.data as BigInt64Array, expected.data as BigInt64Array];
    return Float64Array.from(a, (_, i) => Math.abs(Number(left[i]! - right[i]!)));
  }
  return a.map((value, i) => Math.abs(value - b[i]!));
}

interface Scan {
  failures: number;
  classMismatches: number;
  maxAbs: number;
  maxRel: number;
  worst: number;
}

function scanElements(a: Float64Array, b: Float64Array, differences: Float64Array, tolerance: Tolerance): Scan {
  const everywhere = tolerance.atol + (tolerance.peakTol ?? 0) * maxFinite(b);
  const scan: Scan = { failures: 0, classMismatches: 0, maxAbs: 0, maxRel: 0, worst: b.length > 0 ? 0 : -1 };
  let worstUse = -1;
  let worstDifference = -1;
  for (let i = 0; i < b.length; i++) {
    const [x, y] = [a[i]!, b[i]!];
    let difference = differences[i]!;
    let use: number;
    if (!Number.isFinite(x) || !Number.isFinite(y)) {
      const isSame = x === y || (Number.isNaN(x) && Number.isNaN(y));
      difference = isSame ? 0 : Infinity;
      use = difference;
      if (!isSame) scan.classMismatches++;
    } else {
      const allowed = everywhere + tolerance.rtol * Math.abs(y);
      use = difference === 0 ? 0 : difference / allowed;
      scan.maxAbs = Math.max(scan.maxAbs, difference);
      if (y !== 0) scan.maxRel = Math.max(scan.maxRel, difference / Math.abs(y));
      if (difference > allowed) scan.failures++;
    }
    if (use > worstUse || (use === worstUse && difference > worstDifference)) {
      [worstUse, worstDifference, scan.worst] = [use, difference, i];
    }
  }
  scan.failures += scan.classMismatches;
  return scan;
}

function maxFinite(values: Float64Array): number {
  let max = 0;
  for (const value of values) if (Number.isFinite(value)) max = Math.max(max, Math.abs(value));
  return max;
}

function maxUlpOf(actual: Tensor, expected: Tensor, a: Float64Array, b: Float64Array, maxAbs: number): number {
  const [rankA, rankB] = [ranksOf(actual), ranksOf(expected)];
  if (!rankA || !rankB) return maxAbs;
  let max = 0;
  for (let i = 0; i < b.length; i++) {
    if (!Number.isFinite(a[i]!) || !Number.isFinite(b[i]!)) continue;
    max = Math.max(max, Math.abs(rankA(i) - rankB(i)));
  }
  return max;
}

/** Position of an element in the order of all values of its type; both zeros are at 0. For f64 beyond 2^53, approximate. */
function ranksOf(tensor: Tensor): ((index: number) => number) | undefined {
  switch (tensor.dtype) {
    case "f16":
    case "bf16": {
      const { data } = tensor;
      return (i) => (data[i]! & 0x8000 ? -(data[i]! & 0x7fff) : data[i]!);
    }
    case "f8e4m3fn":
    case "f8e4m3fnuz":
    case "f8e5m2":
    case "f8e5m2fnuz": {
      const { data } = tensor;
      return (i) => (data[i]! & 0x80 ? -(data[i]! & 0x7f) : data[i]!);
    }
    case "f4e2m1": {
      const codes = codesOf(tensor) as Uint8Array;
      return (i) => (codes[i]! & 0x8 ? -(codes[i]! & 0x7) : codes[i]!);
    }
    case "f8e8m0": {
      const { data } = tensor;
      return (i) => data[i]!;
    }
    case "f32": {
      const { data } = tensor;
      const bits = new Int32Array(data.buffer, data.byteOffset, data.length);
      return (i) => (bits[i]! < 0 ? -(bits[i]! & 0x7fffffff) : bits[i]!);
    }
    case "f64": {
      const { data } = tensor;
      const bits = new BigInt64Array(data.buffer, data.byteOffset, data.length);
      return (i) => Number(bits[i]! < 0n ? -(bits[i]! & 0x7fffffffffffffffn) : bits[i]!);
    }
    default:
      return undefined;
  }
}

function cosineOf(a: Float64Array, b: Float64Array): number {
  // Scaled to at most 1, so that squares of large values stay finite.
  const [peakA, peakB] = [maxFinite(a), maxFinite(b)];
  if (peakA === 0 || peakB === 0) return peakA === peakB ? 1 : 0;
  let [dot, normA, normB] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    const [x, y] = [a[i]! / peakA, b[i]! / peakB];
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    dot += x * y;
    normA += x * x;
    normB += y * y;
  }
  return normA === 0 || normB === 0 ? 0 : dot / (Math.sqrt(normA) * Math.sqrt(normB));
}

function areArgmaxesEqual(a: Float64Array, b: Float64Array, rowLength: number): boolean {
  for (let start = 0; start < b.length; start += rowLength) {
    if (argmax(a, start, rowLength) !== argmax(b, start, rowLength)) return false;
  }
  return true;
}

/** Index in the row of its first largest value; NaN counts as the smallest. */
function argmax(values: Float64Array, start: number, length: number): number {
  let best = 0;
  for (let i = 1; i < length; i++) {
    const [value, top] = [values[start + i]!, values[start + best]!];
    if (value > top || (Number.isNaN(top) && !Number.isNaN(value))) best = i;
  }
  return best;
}

function worstOf(actual: Tensor, expected: Tensor, flat: number): Pick<TensorComparison, "worst"> {
  if (flat < 0) return {};
  const index: number[] = [];
  let rest = flat;
  for (const extent of [...expected.shape].reverse()) {
    index.unshift(rest % extent);
    rest = Math.floor(rest / extent);
  }
  return { worst: { index, expected: elementAt(expected, flat), actual: elementAt(actual, flat) } };
}
