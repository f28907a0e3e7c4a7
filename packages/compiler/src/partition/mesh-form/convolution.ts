/**
 * Conv with constant weights, one group, as a product of matrices: every output position's window becomes a row, [batch, positions, window * channels]. Windows that tile
 * the input (patches) are a reshape and a transpose; others are the padded input, shifted once for each tap. All of that is data movement, which
 * the host does if the input comes from it.
 */
import { attr, intAttr, intsAttr, stringAttr } from "@waferc/ir/graph";
import type { Op, ValueId } from "@waferc/ir/graph";
import type { MeshForm } from "./mesh-form.ts";

interface Windows {
  readonly x: ValueId;
  readonly batch: number;
  readonly channels: number;
  /** Along each spatial axis. */
  readonly lengths: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** Before each axis, then behind each. */
  readonly pads: readonly number[];
  readonly results: readonly number[];
}

/** Whether it stands for the op now. */
export function expandConvolution(form: MeshForm, op: Op): boolean {
  const [x, weights, bias] = op.operands;
  const [xShape, shape, result] = [form.shapeOf(x), form.shapeOf(weights), form.shapeOf(op.results[0])];
  if (x === undefined || weights === undefined || xShape === undefined || shape === undefined || result === undefined)
    return false;
  if (intAttr(op, "group", 1) !== 1 || stringAttr(op, "auto_pad", "NOTSET") !== "NOTSET" || !form.isConstant(weights))
    return false;
  const [batch = 1, channels = 1, ...lengths] = xShape;
  const [filters = 1, , ...kernel] = shape;
  const ones = kernel.map(() => 1);
  const windows = {
    x,
    batch,
    channels,
    lengths,
    kernel,
    strides: intsAttr(op, "strides") ?? ones,
    dilations: intsAttr(op, "dilations") ?? ones,
    pads: intsAttr(op, "pads") ?? [...ones, ...ones].map(() => 0),
    results: result.slice(2),
  };
  form.standFor(op);
  const taps = product(kernel);
  const isTiling = arePatches(windows);
  const rows = isTiling ? patchRows(form, windows) : shiftedRows(form, windows);
  const spatial = kernel.map((_, d) => d + 2);
  const turned = form.emit("Transpose", [weights], {
    perm: attr.ints(isTiling ? [1, ...spatial, 0] : [...spatial, 1, 0]),
  });
  const matrix = form.reshape(turned, [taps * channels, filters]);
  let y = form.emit("MatMul", [rows, matrix]);
  if (bias !== undefined) y = form.emit("Add", [y, bias]);
  const split = form.reshape(y, [batch, ...windows.results, filters]);
  const rank = result.length;
  const perm = [0, rank - 1, ...spatial.map((d) => d - 1)];
  form.replace(op, [form.emit("Transpose", [split], { perm: attr.ints(perm) })]);
  return true;
}

function product(lengths: readonly number[]): number {
  return lengths.reduce((size, length) => size * length, 1);
}

/** Windows side by side that cover the input exactly. */
function arePatches({ lengths, kernel, strides, dilations, pads, results }: Windows): boolean {
  const isTiled = kernel.every(
    (size, d) => size === strides[d] && dilations[d] === 1 && (results[d] ?? 0) * size === lengths[d],
  );
  return isTiled && pads.every((pad) => pad === 0);
}

function patchRows(form: MeshForm, { x, batch, channels, kernel, results }: Windows): ValueId {
  const cut = form.reshape(x, [batch, channels, ...results.flatMap((count, d) => [count, kernel[d] ?? 1])]);
  const positions = results.map((_, d) => 2 + 2 * d);
  const perm = [0, ...positions, 1, ...positions.map((d) => d + 1)];
  const turned = form.emit("Transpose", [cut], { perm: attr.ints(perm) });
  return form.reshape(turned, [batch, product(results), channels * product(kernel)]);
}

function shiftedRows(form: MeshForm, windows: Windows): ValueId {
  const { x, batch, channels, kernel, strides, dilations, pads, results } = windows;
  const axes = kernel.map((_, d) => d + 1);
  let last = form.emit("Transpose", [x], { perm: attr.ints([0, ...axes.map((d) => d + 1), 1]) });
  if (pads.some((pad) => pad !== 0)) {
    const [before, behind] = [pads.slice(0, axes.length), pads.slice(axes.length)];
    last = form.emit("Pad", [last, form.integers([0, ...before, 0, 0, ...behind, 0])]);
  }
  const shifted = Array.from({ length: product(kernel) }, (_, tap) => {
    const starts = indexOf(tap, kernel).map((index, d) => index * (dilations[d] ?? 1));
    const ends = starts.map((start, d) => start + ((results[d] ?? 1) - 1) * (strides[d] ?? 1) + 1);
    const operands = [starts, ends, axes, strides].map((list) => form.integers(list));
    return form.emit("Slice", [last, ...operands]);
  });
  const [only] = shifted;
  const joined =
    shifted.length === 1 && only !== undefined ? only : form.emit("Concat", shifted, { axis: attr.int(-1) });
  return form.reshape(joined, [batch, product(results), product(kernel) * channels]);
}

/** Position number `flat` of a shape. */
function indexOf(flat: number, shape: readonly number[]): number[] {
  let rest = flat;
  return shape
    .toReversed()
    .map((length) => {
      const index = rest % length;
      rest = Math.floor(rest / length);
      return index;
    })
    .reverse();
}
