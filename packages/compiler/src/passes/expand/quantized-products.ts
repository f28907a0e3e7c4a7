// Products of quantised matrices: MatMul of the DequantizeLinear of both, and QuantizeLinear where the result is quantised again.
// QLinearMatMul, MatMulIntegerToFloat, DynamicQuantizeMatMul, QGemm, and onnxruntime's own QuantizeLinear and DequantizeLinear. Sums
// of integers are exact and sums of floats are not, so a quantised result may differ by one step.
import { attr, type ValueId } from "@waferc/ir/graph";
import type { Expanded, Expander } from "./expander.ts";

interface Quantized {
  readonly value: ValueId;
  readonly scale: ValueId;
  readonly zeroPoint: ValueId | undefined;
  /** Where several scales lie: -2 for one a row, -1 for one a column. */
  readonly axis: -1 | -2;
}

function dequantize(op: Expander, { value, scale, zeroPoint, axis }: Quantized): ValueId {
  const rank = op.shape(value).length;
  const count = (id: ValueId): number => op.shape(id).reduce((a, b) => a * b, 1);
  const length = op.shape(value).at(axis) ?? 1;
  const isSingle = [scale, zeroPoint].every((id) => id === undefined || count(id) === 1);
  const fits = (id: ValueId): boolean => count(id) === 1 || (op.shape(id).length === 1 && count(id) === length);
  const areFitting = isSingle || [scale, zeroPoint].every((id) => id === undefined || fits(id));
  op.require(areFitting && (isSingle || rank >= -axis), "scales other than one a row or one a column");
  if (isSingle) {
    const single = [scale, zeroPoint].map((id) => (id === undefined ? undefined : op.reshape(id, [])));
    return op.emit("DequantizeLinear", [value, ...single]);
  }
  const wide = (id: ValueId): ValueId =>
    count(id) === length && op.shape(id).length === 1
      ? id
      : op.emit("Expand", [op.reshape(id, [1]), op.list([length])]);
  const operands = [value, wide(scale), zeroPoint === undefined ? undefined : wide(zeroPoint)];
  return op.emit("DequantizeLinear", operands, { axis: attr.int(axis + rank) });
}

function quantize(op: Expander, value: ValueId, scale: ValueId, zeroPoint: ValueId | undefined): ValueId {
  const isSingle = [scale, zeroPoint].every((id) => id === undefined || op.shape(id).every((length) => length === 1));
  op.require(isSingle, "several scales of a result");
  return op.emit("QuantizeLinear", [
    value,
    op.reshape(scale, []),
    zeroPoint === undefined ? undefined : op.reshape(zeroPoint, []),
  ]);
}

export function expandQLinearMatMul(op: Expander): Expanded {
  const a = dequantize(op, { value: op.operand(0), scale: op.operand(1), zeroPoint: op.operand(2), axis: -2 });
  const b = dequantize(op, { value: op.operand(3), scale: op.operand(4), zeroPoint: op.operand(5), axis: -1 });
  return [quantize(op, op.emit("MatMul", [a, b]), op.operand(6), op.operand(7))];
}

export function expandMatMulIntegerToFloat(op: Expander): Expanded {
  const a = dequantize(op, { value: op.operand(0), scale: op.operand(2), zeroPoint: op.optional(4), axis: -2 });
  const b = dequantize(op, { value: op.operand(1), scale: op.operand(3), zeroPoint: op.optional(5), axis: -1 });
  return [op.plus(op.emit("MatMul", [a, b]), op.optional(6))];
}

export function expandDynamicQuantizeMatMul(op: Expander): Expanded {
  const [value, scale, zeroPoint] = op.emitAll("DynamicQuantizeLinear", [op.operand(0)], 3);
  op.require(value !== undefined && scale !== undefined, "three results");
  const a = dequantize(op, { value, scale, zeroPoint, axis: -2 });
  const b = dequantize(op, { value: op.operand(1), scale: op.operand(2), zeroPoint: op.optional(3), axis: -1 });
  return [op.plus(op.emit("MatMul", [a, b]), op.optional(4))];
}

/** alpha (A B + C), C in steps of both scales. */
export function expandQGemm(op: Expander): Expanded {
  const turned = (id: ValueId, name: string): ValueId => (op.flag(name) ? op.transpose(id, [1, 0]) : id);
  const [aScale, bScale] = [op.operand(1), op.operand(4)];
  const a = dequantize(op, {
    value: turned(op.operand(0), "transA"),
    scale: aScale,
    zeroPoint: op.optional(2),
    axis: -2,
  });
  const b = dequantize(op, {
    value: turned(op.operand(3), "transB"),
    scale: bScale,
    zeroPoint: op.optional(5),
    axis: -1,
  });
  const c = op.optional(6);
  const scale = c === undefined ? undefined : op.emit("Mul", [aScale, bScale]);
  const bias =
    c === undefined || scale === undefined
      ? undefined
      : dequantize(op, { value: c, scale, zeroPoint: undefined, axis: -1 });
  const sum = op.times(op.plus(op.emit("MatMul", [a, b]), bias), op.float("alpha", 1));
  const resultScale = op.optional(7);
  return [resultScale === undefined ? sum : quantize(op, sum, resultScale, op.optional(8))];
}

export function expandDequantizeTwin(op: Expander): Expanded {
  const operands = [op.operand(0), op.operand(1), op.optional(2)];
  return [op.emit("DequantizeLinear", operands, { axis: attr.int(op.int("axis", 1)) })];
}

export function expandQuantizeTwin(op: Expander): Expanded {
  const operands = [op.operand(0), op.operand(1), op.optional(2)];
  return [op.emit("QuantizeLinear", operands, { axis: attr.int(op.int("axis", 1)) })];
}
