/**
 * com.microsoft MoE as dense products: all experts work on all tokens, with their weights side by side, and what an expert makes for a token that did not
 * choose it has the weight 0. Which experts a token chooses follows from comparing its scores with each other: an expert's rank is the number of
 * those that come before it, equal scores in their order. The price is experts / chosen times the arithmetic; routing by data is no program for a mesh.
 */
import { attr, intAttr, stringAttr } from "@waferc/ir/graph";
import type { Op, ValueId } from "@waferc/ir/graph";
import { tensorOf } from "@waferc/numerics";
import type { MeshForm } from "./mesh-form.ts";

const ACTIVATIONS: ReadonlyMap<string, (form: MeshForm, x: ValueId) => ValueId> = new Map([
  ["relu", (form, x) => form.emit("Relu", [x])],
  ["silu", (form, x) => form.emit("Swish", [x])],
  ["gelu", (form, x) => form.emit("Gelu", [x], { approximate: attr.string("tanh") })],
  ["identity", (_, x) => x],
]);

/** Whether it stands for the op now. */
export function expandExperts(form: MeshForm, op: Op): boolean {
  const [x, router, up, upBias, down, downBias, third, thirdBias] = op.operands;
  const [shape, upShape] = [form.shapeOf(router), form.shapeOf(up)];
  const activate = ACTIVATIONS.get(stringAttr(op, "activation_type", "relu"));
  if (x === undefined || router === undefined || up === undefined || down === undefined || activate === undefined)
    return false;
  if (shape?.length !== 2 || upShape?.length !== 3 || form.shapeOf(x)?.length !== 2) return false;
  if (![up, down, ...(third === undefined ? [] : [third])].every((id) => form.isConstant(id))) return false;
  const [tokens = 1, experts = 1] = shape;
  const [, inner = 1, width = 1] = upShape;
  form.standFor(op);
  const weights = routerWeights(form, router, op);
  /** A layer up of all experts side by side: [tokens, experts * inner]. */
  const layer = (matrix: ValueId, bias: ValueId | undefined) => {
    const rows = form.emit("Transpose", [form.reshape(matrix, [experts * inner, width])], { perm: attr.ints([1, 0]) });
    const y = form.emit("MatMul", [x, rows]);
    return bias === undefined ? y : form.emit("Add", [y, form.reshape(bias, [experts * inner])]);
  };
  let hidden = activate(form, layer(up, upBias));
  if (third !== undefined) hidden = form.emit("Mul", [hidden, layer(third, thirdBias)]);
  const each = form.emit("Expand", [
    form.reshape(weights, [tokens, experts, 1]),
    form.integers([tokens, experts, inner]),
  ]);
  const weighted = form.emit("Mul", [hidden, form.reshape(each, [tokens, experts * inner])]);
  const turned = form.emit("Transpose", [down], { perm: attr.ints([0, 2, 1]) });
  let y = form.emit("MatMul", [weighted, form.reshape(turned, [experts * inner, width])]);
  if (downBias !== undefined) y = form.emit("Add", [y, form.emit("MatMul", [weights, downBias])]);
  form.replace(op, [y]);
  return true;
}

/** [tokens, experts]: the softmax of the scores where an expert is chosen, else 0; with sum 1 if asked. */
function routerWeights(form: MeshForm, scores: ValueId, op: Op): ValueId {
  const [tokens = 1, experts = 1] = form.shapeOf(scores) ?? [];
  const shares = form.emit("Softmax", [scores], { axis: attr.int(-1) });
  const chosen = intAttr(op, "k", 1);
  if (chosen >= experts) return shares;
  const [own, others] = [form.reshape(scores, [tokens, experts, 1]), form.reshape(scores, [tokens, 1, experts])];
  const isEarlier = Array.from({ length: experts * experts }, (_, i) => i % experts < Math.floor(i / experts));
  const earlier = form.constant(tensorOf("bool", [1, experts, experts], isEarlier));
  const ties = form.emit("And", [form.emit("Equal", [others, own]), earlier]);
  const before = form.emit("Or", [form.emit("Greater", [others, own]), ties]);
  const counted = form.emit("Cast", [before], { to: attr.int(1) });
  const rank = form.emit("ReduceSum", [counted, form.integers([2])], { keepdims: attr.int(0) });
  const isChosen = form.emit("Less", [rank, form.floats([chosen])]);
  const weights = form.emit("Where", [isChosen, shares, form.floats([0])]);
  if (intAttr(op, "normalize_routing_weights", 0) === 0) return weights;
  return form.emit("Div", [weights, form.emit("ReduceSum", [weights, form.integers([1])], { keepdims: attr.int(1) })]);
}
