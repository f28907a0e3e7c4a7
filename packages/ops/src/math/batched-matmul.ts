// numpy's matmul on tensors: stacks of matrices whose leading axes broadcast. Vectors are matrices of one row (left) or
// one column (right), and lose that axis again.
import type { Dim, Shape } from "@waferc/ir/graph";
import { elementCount, reshapeTensor } from "@waferc/numerics";
import type { Tensor } from "@waferc/numerics";
import { OpError, require } from "../op-error.ts";
import { broadcastShapes, mergeDims, printShape } from "../shapes.ts";
import { finishFloats, floatDType, floatsOf, newFloats } from "./floats.ts";
import { multiplyBigints, multiplyFloats, multiplyIntegers } from "./matmul.ts";
import { bigintsOf, finishBigints, finishNumbers, newBigints, newNumbers, numbersOf, scalarClass } from "./scalars.ts";
import { broadcastIndex } from "./views.ts";

/** Shape of `a @ b`. */
export function matMulShape(a: Shape, b: Shape): Shape {
  require(a.length > 0 && b.length > 0, "needs operands of rank 1 or more");
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [inner, other] = [left.at(-1) as Dim, right.at(-2) as Dim];
  mergeDims(inner, other, `inner lengths in ${printShape(a)} and ${printShape(b)}`);
  const batch = broadcastShapes([left.slice(0, -2), right.slice(0, -2)]);
  const rows = a.length === 1 ? [] : [left.at(-2) as Dim];
  const columns = b.length === 1 ? [] : [right.at(-1) as Dim];
  return [...batch, ...rows, ...columns];
}

/** `a @ b`, both of one dtype. */
export function matMul(a: Tensor, b: Tensor): Tensor {
  if (a.dtype !== b.dtype) throw new OpError(`needs equal dtypes, but found ${a.dtype} and ${b.dtype}`);
  const shape = matMulShape(a.shape, b.shape) as readonly number[];
  const left = a.shape.length === 1 ? reshapeTensor(a, [1, ...a.shape]) : a;
  const right = b.shape.length === 1 ? reshapeTensor(b, [...b.shape, 1]) : b;
  return reshapeTensor(multiplyStacks(left, right), shape);
}

function multiplyStacks(a: Tensor, b: Tensor): Tensor {
  const [m, k] = a.shape.slice(-2) as [number, number];
  const n = b.shape.at(-1)!;
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = broadcastShapes([aBatch, bBatch]) as readonly number[];
  const [aAt, bAt] = [broadcastIndex(aBatch, batch), broadcastIndex(bBatch, batch)];
  const stacks = Array.from({ length: elementCount(batch) }, (_, i) => ({
    a: (aAt?.[i] ?? i) * m * k,
    b: (bAt?.[i] ?? i) * k * n,
    to: i * m * n,
  }));
  const size = { m, k, n };
  const shape = [...batch, m, n];
  const count = elementCount(shape);
  switch (scalarClass(a.dtype)) {
    case "float": {
      const [left, right, sums] = [floatsOf(a), floatsOf(b), new Float64Array(n)];
      const to = newFloats(floatDType(a.dtype), count);
      for (const at of stacks) multiplyFloats(left, right, to, size, at, sums);
      return finishFloats(floatDType(a.dtype), shape, to);
    }
    case "bigint": {
      const to = newBigints(a.dtype, count);
      for (const at of stacks) multiplyBigints(bigintsOf(a), bigintsOf(b), to, size, at);
      return finishBigints(a.dtype, shape, to);
    }
    case "int": {
      const to = newNumbers(a.dtype, count);
      for (const at of stacks) multiplyIntegers(numbersOf(a), numbersOf(b), to, size, at);
      return finishNumbers(a.dtype, shape, to);
    }
    default:
      throw new OpError(`cannot compute with ${a.dtype}`);
  }
}

/** Multiply-accumulates of `a @ b` with a result of `shape`. */
export function matMulMacs(a: readonly number[], shape: readonly number[]): number {
  return elementCount(shape) * (a.at(-1) ?? 1);
}
