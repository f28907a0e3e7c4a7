// Executes a local instruction whose operands are resolved, with the hot loops of this folder: joins dimensions, walks the
// outer loops, calls a row function for the innermost. For the cycle and fast engines; the untimed engine has its own.
// Hot loops: rows of small tiles are short, so that no object is made for one.
import type { LocalStep } from "../image/code.ts";
import type { Operands } from "../image/operands.ts";
import type { ResolvedView } from "../image/view.ts";
import {
  CANONICAL_NAN,
  castRow,
  compareRow,
  copyRow,
  FLOAT_BINARY,
  floatUnary,
  INTEGER_BINARY,
  integerUnary,
  type Memory,
  selectRow,
} from "./elementwise.ts";
import { halfMatmul, mixedMatmul } from "./half-matmul.ts";
import { executeHalfRow, hasHalves, iotaRow, reduceHalves, reduceWidened, type ElementwiseStep } from "./half-rows.ts";
import { halfFormatOf } from "./half.ts";
import { matmul } from "./matmul.ts";
import { reduceRun } from "./reduce.ts";
import { moveRows } from "./rows.ts";
import { joinDims, LoopShape } from "./shape.ts";

const shape = new LoopShape();
// Scalar operands, as arrays of one element with stride 0.
const scalarWords = new Int32Array(2);
const scalarFloats = new Float32Array(scalarWords.buffer);
const scalarHalves = new Uint16Array(2);

/** `step` must have something to do: `resolveOperands` returned more than 0. */
export function executeLocal(step: LocalStep, operands: Operands, memory: Memory): void {
  if (step.op === "matmul") {
    executeMatmul(step, operands, memory);
  } else if (step.op === "gather" || step.op === "scatter") {
    moveRows(step, operands, memory);
  } else if (step.op === "reduce") {
    executeReduce(step, operands, memory);
  } else if (step.op === "iota") {
    executeIota(step, operands, memory);
  } else {
    executeElementwise(step, operands, memory);
  }
}

function asMatrix(view: ResolvedView): { start: number; row: number; column: number } {
  return { start: view.start, row: view.strides[0]!, column: view.strides[1]! };
}

function executeMatmul(step: Extract<LocalStep, { op: "matmul" }>, operands: Operands, memory: Memory): void {
  const { dst, a, b, m, k, n } = operands;
  const matrices = [asMatrix(dst), asMatrix(a), asMatrix(b)] as const;
  const format = halfFormatOf(step.a.type);
  if (!format) matmul(memory, step.fused, m, k, n, ...matrices);
  else if (step.dst.type === "f32") mixedMatmul(memory, format, step.fused, m, k, n, ...matrices);
  else halfMatmul(memory, format, step.fused, m, k, n, ...matrices);
}

function executeElementwise(step: ElementwiseStep, operands: Operands, memory: Memory): void {
  const { dst, aIsView, bIsView, condIsView } = operands;
  if (!aIsView || !bIsView) setScalars(step, operands);
  joinDims(
    shape,
    dst,
    aIsView ? operands.a : undefined,
    bIsView ? operands.b : undefined,
    condIsView ? operands.cond : undefined,
  );
  const { counts, strides } = shape;
  const d0 = dst.start;
  const a0 = aIsView ? operands.a.start : 0;
  const b0 = bIsView ? operands.b.start : 1;
  const c0 = operands.cond.start;
  const isHalf = hasHalves(step);
  for (let i = 0; i < counts[0]!; i++) {
    for (let j = 0; j < counts[1]!; j++) {
      for (let k = 0; k < counts[2]!; k++) {
        const d = d0 + i * strides[0]! + j * strides[1]! + k * strides[2]!;
        const a = a0 + i * strides[4]! + j * strides[5]! + k * strides[6]!;
        const b = b0 + i * strides[8]! + j * strides[9]! + k * strides[10]!;
        const cond = c0 + i * strides[12]! + j * strides[13]! + k * strides[14]!;
        if (isHalf) executeHalfRow(step, memory, shape, scalarHalves, aIsView, bIsView, d, a, b, cond);
        else executeRow(step, operands, memory, d, a, b, cond);
      }
    }
  }
}

/** Puts the values of sources that are not views where the rows read them. */
function setScalars(step: ElementwiseStep, operands: Operands): void {
  const type = step.op === "compare" ? step.type : step.dst.type;
  const format = halfFormatOf(type);
  if (format) {
    scalarHalves[0] = format.encode(step.op === "fill" ? step.value : operands.aValue);
    scalarHalves[1] = format.encode(operands.bValue);
    return;
  }
  const scalars = type === "f32" ? scalarFloats : scalarWords;
  const a = step.op === "fill" ? step.value : operands.aValue;
  scalars[0] = a;
  scalars[1] = operands.bValue;
  if (Number.isNaN(a)) scalarWords[0] = CANONICAL_NAN;
  if (Number.isNaN(operands.bValue)) scalarWords[1] = CANONICAL_NAN;
}

/** The innermost loop: from the given words on, with the strides of `shape`. */
function executeRow(
  step: ElementwiseStep,
  { aIsView, bIsView }: Operands,
  memory: Memory,
  d: number,
  a: number,
  b: number,
  cond: number,
): void {
  const { words, floats } = memory;
  const n = shape.counts[3]!;
  const ds = shape.strides[3]!;
  const as = shape.strides[7]!;
  const bs = shape.strides[11]!;
  switch (step.op) {
    case "fill": {
      const value = scalarWords[0]!;
      if (ds === 1) words.fill(value, d, d + n);
      else for (let i = 0; i < n; i++, d += ds) words[d] = value;
      return;
    }
    case "copy":
      copyRow(words, n, d, ds, a, as);
      return;
    case "cast":
      if (step.dst.type === step.src.type) copyRow(words, n, d, ds, a, as);
      else castRow(step.dst.type === "i32", memory, n, d, ds, a, as);
      return;
    case "unary":
      if (step.dst.type === "f32") floatUnary(step.fn, memory, n, d, ds, aIsView ? floats : scalarFloats, a, as);
      else integerUnary(step.fn, words, n, d, ds, aIsView ? words : scalarWords, a, as);
      return;
    case "binary":
      if (step.dst.type === "f32") {
        const row = FLOAT_BINARY[step.fn];
        row(memory, n, d, ds, aIsView ? floats : scalarFloats, a, as, bIsView ? floats : scalarFloats, b, bs);
      } else {
        const row = INTEGER_BINARY[step.fn];
        row(words, n, d, ds, aIsView ? words : scalarWords, a, as, bIsView ? words : scalarWords, b, bs);
      }
      return;
    case "compare":
      if (step.type === "f32") {
        const [left, right] = [aIsView ? floats : scalarFloats, bIsView ? floats : scalarFloats];
        compareRow(step.fn, words, n, d, ds, left, a, as, right, b, bs);
      } else {
        const [left, right] = [aIsView ? words : scalarWords, bIsView ? words : scalarWords];
        compareRow(step.fn, words, n, d, ds, left, a, as, right, b, bs);
      }
      return;
    case "select": {
      const [left, right] = [aIsView ? words : scalarWords, bIsView ? words : scalarWords];
      selectRow(words, n, d, ds, cond, shape.strides[15]!, left, a, as, right, b, bs);
      return;
    }
    default:
      step satisfies never;
  }
}

function executeIota(step: Extract<LocalStep, { op: "iota" }>, { dst, start }: Operands, memory: Memory): void {
  joinDims(shape, dst, undefined, undefined, undefined);
  const { counts, strides } = shape;
  const format = halfFormatOf(step.dst.type);
  let number = 0;
  for (let i = 0; i < counts[0]!; i++) {
    for (let j = 0; j < counts[1]!; j++) {
      for (let k = 0; k < counts[2]!; k++) {
        let d = dst.start + i * strides[0]! + j * strides[1]! + k * strides[2]!;
        if (format) {
          iotaRow(format, memory.halves, counts[3]!, d, strides[3]!, start + number * step.step, step.step);
          number += counts[3]!;
          continue;
        }
        for (let l = 0; l < counts[3]!; l++, d += strides[3]!, number++) {
          const value = start + number * step.step;
          if (step.dst.type === "f32") memory.floats[d] = value;
          else memory.words[d] = value;
        }
      }
    }
  }
}

/** Walks the destination's elements; `src` has the same leading dimensions and one more, innermost. */
function executeReduce(step: Extract<LocalStep, { op: "reduce" }>, { dst, a: src, k }: Operands, memory: Memory): void {
  const { type } = step.dst;
  const format = halfFormatOf(step.src.type);
  const { rank } = dst;
  const runStride = src.strides[rank]!;
  const [c0, c1, c2] = [
    rank > 2 ? dst.counts[rank - 3]! : 1,
    rank > 1 ? dst.counts[rank - 2]! : 1,
    rank > 0 ? dst.counts[rank - 1]! : 1,
  ];
  for (let i = 0; i < c0; i++) {
    for (let j = 0; j < c1; j++) {
      let d = dst.start + (rank > 2 ? i * dst.strides[rank - 3]! : 0) + (rank > 1 ? j * dst.strides[rank - 2]! : 0);
      let a = src.start + (rank > 2 ? i * src.strides[rank - 3]! : 0) + (rank > 1 ? j * src.strides[rank - 2]! : 0);
      for (let l = 0; l < c2; l++) {
        if (!format) reduceRun(step.fn, type, memory, d, k, a, runStride);
        else if (type === "f32") reduceWidened(step.fn, format, memory, d, k, a, runStride);
        else reduceHalves(step.fn, format, memory.halves, d, k, a, runStride);
        if (rank > 0) {
          d += dst.strides[rank - 1]!;
          a += src.strides[rank - 1]!;
        }
      }
    }
  }
}
