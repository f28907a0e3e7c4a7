// Activations of onnxruntime, with or without a bias in front: BiasGelu, FastGelu, Gelu, QuickGelu, BiasSplitGelu, and SwiGLU of
// ONNX, which is a Swish of the gate times the other operand.
import { attr } from "@waferc/ir/graph";
import type { Expanded, Expander, Expansion } from "./expander.ts";

const gelu = (approximate: "none" | "tanh") => ({ approximate: attr.string(approximate) });

export const expandBiasGelu: Expansion = (op) => [
  op.emit("Gelu", [op.plus(op.operand(0), op.operand(1))], gelu("none")),
];

export const expandFastGelu: Expansion = (op) => [
  op.emit("Gelu", [op.plus(op.operand(0), op.optional(1))], gelu("tanh")),
];

export const expandGelu: Expansion = (op) => [op.emit("Gelu", [op.operand(0)], gelu("none"))];

export const expandQuickGelu: Expansion = (op) => [
  op.emit("Swish", [op.operand(0)], { alpha: attr.float(op.float("alpha", 1.702)) }),
];

export function expandBiasSplitGelu(op: Expander): Expanded {
  const x = op.plus(op.operand(0), op.operand(1));
  const half = op.width(x) / 2;
  const [left, right] = op.split(x, [half, half]);
  op.require(left !== undefined && right !== undefined, "halves");
  return [op.emit("Mul", [left, op.emit("Gelu", [right], gelu("none"))])];
}

export function expandSwiGlu(op: Expander): Expanded {
  const gate = op.emit("Swish", [op.operand(0)], { alpha: attr.float(op.float("alpha", 1)) });
  return [op.emit("Mul", [gate, op.operand(1)])];
}
