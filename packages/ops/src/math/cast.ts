// Conversion between dtypes. Floats and 64-bit integers round once, to nearest even. Floats to integers truncate; what lies
// outside of the type is undefined in ONNX (ours wraps; NaN and infinities give what x86 gives, the smallest integer).
// Integers wrap. Complex numbers are not converted.
import {
  elementCount,
  fromFloat64,
  isFloat,
  isPacked,
  isSmallFloat,
  kindOf,
  makeTensor,
  tensorOf,
} from "@waferc/numerics";
import type { DType, SmallFloatRounding, Tensor } from "@waferc/numerics";
import { OpError } from "../op-error.ts";
import { isComputable } from "./floats.ts";
import { parseNumber, parseWhole, printElements } from "./number-strings.ts";
import {
  bigintsOf,
  boolTensor,
  finishBigints,
  finishNumbers,
  integerRange,
  isBigint,
  newBigints,
  newNumbers,
  numbersOf,
} from "./scalars.ts";
import type { Numbers } from "./scalars.ts";

export interface CastRules extends SmallFloatRounding {
  /** Floats outside of a type below 8 bits become its nearest value, and NaN its largest float, or 0. */
  readonly clipPacked?: boolean;
}

export function castTensor(x: Tensor, dtype: DType, rules: CastRules = {}): Tensor {
  if (x.dtype === dtype) return x;
  const complex = [x.dtype, dtype].find((one) => kindOf(one) === "complex");
  if (complex !== undefined) throw new OpError(`cannot cast ${x.dtype} to ${dtype}: ${complex} has no casts`);
  if (dtype === "string") return tensorOf("string", x.shape, printElements(x));
  if (x.dtype === "string") return castStrings(x, dtype, rules);
  if (isBigint(x.dtype)) return castBigints(x, dtype, rules);
  return castNumbers(x.shape, numbersOf(x), dtype, rules);
}

function castStrings(x: Tensor<"string">, dtype: DType, rules: CastRules): Tensor {
  if (isBigint(dtype)) return tensorOf(dtype, x.shape, Array.from(x.data, parseWhole));
  return castNumbers(x.shape, Float64Array.from(x.data, parseNumber), dtype, rules);
}

function castNumbers(shape: readonly number[], from: Numbers, dtype: DType, rules: CastRules): Tensor {
  if (isComputable(dtype) || isSmallFloat(dtype)) {
    const doubles = Float64Array.from(from);
    const isClipped = dtype === "f4e2m1" && rules.clipPacked === true;
    return fromFloat64(dtype, shape, isClipped ? doubles.map((x) => (Number.isNaN(x) ? Infinity : x)) : doubles, rules);
  }
  if (dtype === "bool") {
    return boolTensor(
      shape,
      Uint8Array.from(from, (x) => (x === 0 ? 0 : 1)),
    );
  }
  if (isBigint(dtype)) {
    const to = newBigints(dtype, from.length);
    for (let i = 0; i < to.length; i++) to[i] = wholeOf(from[i]!);
    return finishBigints(dtype, shape, to);
  }
  const to = newNumbers(dtype, from.length);
  const smallest = dtype === "i32" || dtype === "u32" ? -(2 ** 31) : 0;
  if (isPacked(dtype) && rules.clipPacked) {
    const { min, max } = integerRange(dtype);
    for (let i = 0; i < to.length; i++) to[i] = Math.min(Math.max(from[i]!, min), max);
  } else {
    for (let i = 0; i < to.length; i++) to[i] = Number.isFinite(from[i]) ? from[i]! : smallest;
  }
  return finishNumbers(dtype, shape, to);
}

function castBigints(x: Tensor, dtype: DType, rules: CastRules): Tensor {
  const from = bigintsOf(x);
  if (isFloat(dtype)) {
    const convert = dtype === "f64" ? Number : oddNumberOf;
    return castNumbers(x.shape, Float64Array.from(from as Iterable<bigint>, convert), dtype, rules);
  }
  if (dtype === "bool") {
    return makeTensor(
      "bool",
      x.shape,
      Uint8Array.from(from as Iterable<bigint>, (bits) => (bits === 0n ? 0 : 1)),
    );
  }
  if (isBigint(dtype)) {
    const to = newBigints(dtype, from.length) as BigInt64Array;
    to.set(from as BigInt64Array);
    return finishBigints(dtype, x.shape, to);
  }
  const to = newNumbers(dtype, elementCount(x.shape));
  for (let i = 0; i < to.length; i++) to[i] = Number(BigInt.asIntN(32, from[i]!));
  return finishNumbers(dtype, x.shape, to);
}

function wholeOf(x: number): bigint {
  return Number.isFinite(x) ? BigInt(Math.trunc(x)) : -(2n ** 63n);
}

const DOUBLE_BITS = 53n;
const DROPPED_BITS = 64n - DOUBLE_BITS;

/** A 64-bit integer as a double whose last bit tells that digits were dropped, so that rounding it further is rounding once. */
function oddNumberOf(x: bigint): number {
  const magnitude = x < 0n ? -x : x;
  if (magnitude < 1n << DOUBLE_BITS) return Number(x);
  const hasRest = (magnitude & ((1n << DROPPED_BITS) - 1n)) !== 0n;
  const kept = Number((magnitude >> DROPPED_BITS) | (hasRest ? 1n : 0n)) * 2 ** Number(DROPPED_BITS);
  return x < 0n ? -kept : kept;
}
