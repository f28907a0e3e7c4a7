// Quantised numbers: q stands for (q - zero point) * scale. Scales and zero points are for a whole tensor, for each index along an
// axis, or for each block of a run of indices along it. Rounding is to nearest even before the zero point is added; then
// integers clip to their range.
import type { Shape } from "@waferc/ir/graph";
import { elementCount, fromFloat64, isSmallFloat, roundBf16, roundF16, scalarTensor } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { require } from "../op-error.ts";
import { canBroadcastTo, canDimsMatch, normalAxis, printShape } from "../shapes.ts";
import { floatDType } from "./floats.ts";
import type { FloatDType } from "./floats.ts";
import { finishNumbers, integerRange, newNumbers, numbersOf } from "./scalars.ts";
import { roundHalfEven } from "./special.ts";
import { broadcastIndex } from "./views.ts";

/** Reads a number for each element of a tensor. */
export type Reader = (index: number) => number;

/** Where scales and zero points of several values lie; blocks of 0 indices mean one value for each index. */
export interface Steps {
  readonly axis: number;
  readonly blockSize: number;
}

/**
 * Values of a tensor that broadcasts to `target`, seen as of shape `aligned`; `fallback` everywhere if there is none.
 * @throws OpError if it does not broadcast
 */
export function broadcastReader(
  tensor: Tensor | undefined,
  fallback: number,
  target: readonly number[],
  aligned: readonly number[] = tensor?.shape ?? [],
): Reader {
  if (tensor === undefined) return () => fallback;
  const values = numbersOf(tensor);
  const [first] = values;
  if (values.length === 1) return () => first!;
  require(canBroadcastTo(aligned, target), () =>
    `cannot use values ${printShape(tensor.shape)} for ${printShape(target)}`);
  const at = broadcastIndex(aligned, target);
  return at === undefined ? (i) => values[i]! : (i) => values[at[i]!]!;
}

/**
 * The one value of a scale or zero point, or `fallback` if there is none.
 * @throws OpError if there are several
 */
export function singleNumber(tensor: Tensor | undefined, fallback: number, what: string): number {
  if (tensor === undefined) return fallback;
  require(elementCount(tensor.shape) === 1, () => `needs one ${what}, but found ${printShape(tensor.shape)}`);
  return numbersOf(tensor)[0]!;
}

function isSingle(shape: Shape): boolean {
  return shape.every((dim) => dim === 1);
}

/** @throws OpError if scales or zero points of shape `steps` do not fit x */
export function checkSteps(x: Shape | undefined, steps: Shape | undefined, { axis, blockSize }: Steps): void {
  if (x === undefined || steps === undefined || isSingle(steps)) return;
  require(blockSize >= 0, () => `needs a block size from 0, but found ${blockSize}`);
  const along = normalAxis(axis, x.length);
  if (blockSize === 0) {
    const isFitting = steps.length === 1 && canDimsMatch(steps[0]!, x[along]!);
    require(isFitting, () =>
      `needs scales [${x[along]}] for axis ${along} of ${printShape(x)}, not ${printShape(steps)}`);
    return;
  }
  const blocked = x.map((dim, i) => (i === along && typeof dim === "number" ? Math.ceil(dim / blockSize) : dim));
  const isFitting = steps.length === x.length && blocked.every((dim, i) => canDimsMatch(dim, steps[i]!));
  require(isFitting, () =>
    `needs scales ${printShape(blocked)} for blocks of ${blockSize} in ${printShape(x)}, not ${printShape(steps)}`);
}

/** Scales or zero points for each element of a tensor of shape x. */
export function stepReader(
  tensor: Tensor | undefined,
  fallback: number,
  x: readonly number[],
  { axis, blockSize }: Steps,
): Reader {
  if (tensor === undefined || isSingle(tensor.shape)) return broadcastReader(tensor, fallback, x);
  const along = normalAxis(axis, x.length);
  if (blockSize === 0) {
    const aligned = [tensor.shape[0]!, ...x.slice(along + 1).map(() => 1)];
    return broadcastReader(tensor, fallback, x, aligned);
  }
  const [values, at] = [numbersOf(tensor), blockIndex(x, along, blockSize)];
  return (i) => values[at[i]!]!;
}

function blockIndex(x: readonly number[], axis: number, blockSize: number): Int32Array {
  const at = new Int32Array(elementCount(x));
  const [outer, inner] = [elementCount(x.slice(0, axis)), elementCount(x.slice(axis + 1))];
  const [length, blocks] = [x[axis]!, Math.ceil(x[axis]! / blockSize)];
  let next = 0;
  for (let row = 0; row < outer; row++) {
    for (let i = 0; i < length; i++) {
      const block = (row * blocks + Math.floor(i / blockSize)) * inner;
      for (let column = 0; column < inner; column++) at[next++] = block + column;
    }
  }
  return at;
}

/** Rounds doubles to a float type. */
const ROUND: Readonly<Record<FloatDType, (x: number) => number>> = {
  f64: (x) => x,
  f32: Math.fround,
  f16: roundF16,
  bf16: roundBf16,
};

export interface QuantizeRules extends Steps {
  readonly dtype: DType;
  /** The type that x is divided by its scale in. */
  readonly precision: FloatDType;
  readonly saturate?: boolean;
}

/** x / scale + zero point, in `dtype`. */
export function quantizeTensor(x: Tensor, scale: Tensor, zeroPoint: Tensor | undefined, rules: QuantizeRules): Tensor {
  const { dtype, precision, saturate = true } = rules;
  const round = ROUND[precision];
  const from = numbersOf(x);
  const [scaleAt, zeroAt] = [stepReader(scale, 1, x.shape, rules), stepReader(zeroPoint, 0, x.shape, rules)];
  const quotient = (i: number): number => round(round(from[i]!) / round(scaleAt(i)));
  if (!isSmallFloat(dtype)) return quantizeNumbers(quotient, x.shape, dtype, zeroAt);
  const shifted = Float64Array.from(from, (_, i) => quotient(i) + zeroAt(i));
  return fromFloat64(dtype, x.shape, shifted, { saturate });
}

/** Integers nearest to numbers that are divided by their scale already. */
export function quantizeNumbers(quotient: Reader, shape: readonly number[], dtype: DType, zeroAt: Reader): Tensor {
  const to = newNumbers(dtype, elementCount(shape));
  const { min, max } = integerRange(dtype);
  for (let i = 0; i < to.length; i++) to[i] = Math.min(Math.max(roundHalfEven(quotient(i)) + zeroAt(i), min), max);
  return finishNumbers(dtype, shape, to);
}

/** (x - zero point) * scale, rounded once to `dtype`. */
export function dequantizeTensor(
  x: Tensor,
  scale: Tensor,
  zeroPoint: Tensor | undefined,
  { dtype, ...steps }: Steps & { readonly dtype: DType },
): Tensor {
  const from = numbersOf(x);
  const [scaleAt, zeroAt] = [stepReader(scale, 1, x.shape, steps), stepReader(zeroPoint, 0, x.shape, steps)];
  const values = Float64Array.from(from, (q, i) => (q - zeroAt(i)) * scaleAt(i));
  return fromFloat64(floatDType(dtype), x.shape, values);
}

export interface DynamicallyQuantized {
  readonly y: Tensor;
  readonly scale: Tensor;
  readonly zeroPoint: Tensor;
}

/**
 * f32 as u8 with the scale and zero point that its range asks for, 0 included. Stages are f32, as ONNX defines them; if all is
 * 0, the scale is 1 as in onnxruntime, where the formula would divide by 0.
 */
export function quantizeDynamically(x: Tensor): DynamicallyQuantized {
  const { max: top } = integerRange("u8");
  let [low, high] = [0, 0];
  for (const value of numbersOf(x)) [low, high] = [Math.min(low, value), Math.max(high, value)];
  const step = low === high ? 1 : Math.fround(Math.fround(high - low) / top);
  const zero = roundHalfEven(Math.min(Math.max(Math.fround(-Math.fround(low / step)), 0), top));
  const [scale, zeroPoint] = [scalarTensor("f32", step), scalarTensor("u8", zero)];
  const rules = { dtype: "u8", precision: "f32", axis: 0, blockSize: 0 } as const;
  return { y: quantizeTensor(x, scale, zeroPoint, rules), scale, zeroPoint };
}
