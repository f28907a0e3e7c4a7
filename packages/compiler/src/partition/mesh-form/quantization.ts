/**
 * Quantised activations as floats that hold integers: QuantizeLinear becomes a quotient, rounded to nearest even, shifted and clipped; DequantizeLinear a difference and a product;
 * data movement between them moves the floats. Exact for types of up to 16 bits, as every integer of theirs is a float32. Constants stay as they are: what is
 * dequantised from them follows at compile time.
 */
import { attr, intAttr } from "@waferc/ir/graph";
import type { Op, ValueId } from "@waferc/ir/graph";
import type { DType } from "@waferc/numerics";
import { findOp } from "@waferc/ops";
import type { MeshForm } from "./mesh-form.ts";

const RANGES: ReadonlyMap<DType, readonly [low: number, high: number]> = new Map([
  ["u8", [0, 255]],
  ["i8", [-128, 127]],
  ["u16", [0, 65535]],
  ["i16", [-32768, 32767]],
]);

/** Integer values, with the floats that hold them. */
export type FloatedValues = Map<ValueId, ValueId>;

/** Whether it knows the op. */
export function expandQuantization(form: MeshForm, op: Op, floated: FloatedValues): boolean {
  switch (op.kind) {
    case "QuantizeLinear":
      return quantize(form, op, floated);
    case "DynamicQuantizeLinear":
      return quantizeDynamically(form, op, floated);
    case "DequantizeLinear":
      return dequantize(form, op, floated);
    default:
      return move(form, op, floated);
  }
}

function quantize(form: MeshForm, op: Op, floated: FloatedValues): boolean {
  const [x, scale, zero] = op.operands;
  const [result] = op.results;
  const range = RANGES.get(form.dtypeOf(result) ?? "f32");
  if (x === undefined || scale === undefined || result === undefined || range === undefined) return false;
  if (form.dtypeOf(x) !== "f32" || form.isConstant(x)) return false;
  form.standFor(op);
  const steps = stepsOf(form, op, [scale, zero], floated);
  if (steps === undefined) return false;
  floated.set(result, toSteps(form, x, steps, range));
  return true;
}

interface Steps {
  readonly scale: ValueId;
  /** As floats. */
  readonly zero: ValueId | undefined;
}

function toSteps(form: MeshForm, x: ValueId, { scale, zero }: Steps, [low, high]: readonly [number, number]): ValueId {
  const rounded = form.emit("Round", [form.emit("Div", [x, scale])]);
  const shifted = zero === undefined ? rounded : form.emit("Add", [rounded, zero]);
  return form.emit("Clip", [shifted, form.floats([low]), form.floats([high])]);
}

/** Scale and zero point, spread along the axis that they belong to, or over its blocks. Undefined where their shapes fit neither. */
function stepsOf(
  form: MeshForm,
  op: Op,
  [scale, zero]: readonly [ValueId, ValueId | undefined],
  floated: FloatedValues,
): Steps | undefined {
  const shape = form.shapeOf(op.operands[0]);
  const scaleShape = form.shapeOf(scale);
  if (shape === undefined || scaleShape === undefined || form.dtypeOf(scale) !== "f32") return undefined;
  const given = intAttr(op, "axis", 1);
  const axis = given < 0 ? given + shape.length : given;
  const block = intAttr(op, "block_size", 0);
  if (block === 0 ? scaleShape.length > 1 : scaleShape.length !== shape.length) return undefined;
  const spread = (id: ValueId) => {
    if (block !== 0) return overBlocks(form, id, { shape, axis, block });
    const isOne = (form.shapeOf(id) ?? []).every((length) => length === 1);
    return form.reshape(id, isOne ? [] : shape.map((length, d) => (d === axis ? length : 1)));
  };
  const integers =
    zero === undefined ? undefined : (floated.get(zero) ?? form.emit("Cast", [zero], { to: attr.int(1) }));
  return { scale: spread(scale), zero: integers === undefined ? undefined : spread(integers) };
}

interface Blocks {
  readonly shape: readonly number[];
  readonly axis: number;
  readonly block: number;
}

/** One number for each block of an axis, repeated for all elements of the block; the last block may be cut short. */
function overBlocks(form: MeshForm, id: ValueId, { shape, axis, block }: Blocks): ValueId {
  const own = form.shapeOf(id) ?? [];
  const each = form.reshape(id, own.toSpliced(axis + 1, 0, 1));
  const repeated = form.emit("Expand", [each, form.integers(own.toSpliced(axis + 1, 0, block))]);
  const length = (own[axis] ?? 1) * block;
  const flat = form.reshape(repeated, own.with(axis, length));
  if (length === shape[axis]) return flat;
  return form.emit("Slice", [flat, ...[0, shape[axis] ?? 1, axis].map((value) => form.integers([value]))]);
}

function dequantize(form: MeshForm, op: Op, floated: FloatedValues): boolean {
  const [x, scale, zero] = op.operands;
  if (x === undefined || scale === undefined || form.isConstant(x) || form.dtypeOf(op.results[0]) !== "f32")
    return false;
  if (!floated.has(x) && !RANGES.has(form.dtypeOf(x) ?? "f32")) return false;
  form.standFor(op);
  const steps = stepsOf(form, op, [scale, zero], floated);
  if (steps === undefined) return false;
  const integers = floated.get(x) ?? form.emit("Cast", [x], { to: attr.int(1) });
  const shifted = steps.zero === undefined ? integers : form.emit("Sub", [integers, steps.zero]);
  form.replace(op, [form.emit("Mul", [shifted, steps.scale])]);
  return true;
}

/** ONNX: scale = (max(0, max) - min(0, min)) / 255, zero point = round(clip(-min / scale)). */
function quantizeDynamically(form: MeshForm, op: Op, floated: FloatedValues): boolean {
  const [x] = op.operands;
  if (x === undefined || form.isConstant(x) || form.dtypeOf(x) !== "f32") return false;
  form.standFor(op);
  const [none, range] = [form.floats([0]), [0, 255] as const];
  const all = { keepdims: attr.int(0) };
  const high = form.emit("Max", [form.emit("ReduceMax", [x], all), none]);
  const low = form.emit("Min", [form.emit("ReduceMin", [x], all), none]);
  const scale = form.emit("Div", [form.emit("Sub", [high, low]), form.floats([range[1]])]);
  const zero = toSteps(form, form.emit("Neg", [low]), { scale, zero: undefined }, range);
  const [y, , zeroResult] = op.results;
  if (y !== undefined) floated.set(y, toSteps(form, x, { scale, zero }, range));
  if (zeroResult !== undefined) floated.set(zeroResult, zero);
  form.replace(op, [undefined, scale]);
  return true;
}

function move(form: MeshForm, op: Op, floated: FloatedValues): boolean {
  const [x, ...parameters] = op.operands;
  const float = x === undefined ? undefined : floated.get(x);
  const traits = findOp(op.domain, op.kind, op.version)?.definition.traits;
  const [result] = op.results;
  if (float === undefined || result === undefined || op.results.length !== 1 || traits?.includes("movement") !== true)
    return false;
  if (parameters.some((id) => id !== undefined && floated.has(id))) return false;
  form.standFor(op);
  floated.set(result, form.emit(op.kind, [float, ...parameters], Object.fromEntries(op.attrs)));
  return true;
}
