// Fixes inputs to values: each pinned input becomes a constant, so that what it decides (a merged decoder's branch, a mask
// of ones) can be folded. A plain number fills the input's bound shape.
import type { DiagnosticSink } from "@waferc/base";
import { GraphBuilder, isStaticShape, printType, sourceOf, valueOf, type Graph, type ValueId } from "@waferc/ir/graph";
import { describeTensor, fullTensor, type Tensor } from "@waferc/numerics";
import type { Pass } from "../pass.ts";
import { CODES } from "../codes.ts";

export interface PinInputsOptions {
  /** Values by input name; a number or boolean stands for all elements. */
  readonly pins: ReadonlyMap<string, Tensor | number | boolean>;
}

export const pinInputs: Pass<"graph", "graph", PinInputsOptions> = {
  name: "pin-inputs",
  from: "graph",
  to: "graph",
  summary: "Replace inputs by constants",
  requires: [],
  establishes: [],
  options: { pins: { type: "table", byDefault: new Map(), about: "Value of each pinned input, by name" } },
  run(input, { pins }, { diag }) {
    const graph = GraphBuilder.from(input);
    const byName = new Map(graph.inputs.map((id) => [graph.value(id).name, id]));
    for (const [name, pin] of pins) {
      const id = byName.get(name);
      if (id === undefined) reportUnknown(name, [...byName.keys()], diag);
      else pinOne(graph, id, pin, diag);
    }
    diag.throwIfErrors();
    return graph.freeze();
  },
};

/** Inputs that nothing but the condition of an If reads: a case's value for them decides which model it is. */
export function controlInputs(graph: Graph): string[] {
  return graph.inputs.flatMap((id) => {
    const users = graph.ops.filter((op) => op.operands.includes(id));
    const isControl = users.length > 0 && users.every((op) => op.kind === "If");
    return isControl ? [valueOf(graph, id).name] : [];
  });
}

function reportUnknown(name: string, inputs: readonly string[], diag: DiagnosticSink): void {
  const notes = [{ message: `inputs: ${inputs.map((one) => `"${one}"`).join(", ")}` }];
  diag.report(CODES["PAS-004"], {
    message: `Cannot pin "${name}": the model has no such input`,
    at: { kind: "argument", name: "--pin" },
    notes,
  });
}

function pinOne(graph: GraphBuilder, id: ValueId, pin: Tensor | number | boolean, diag: DiagnosticSink): void {
  const { name, dtype, shape } = graph.value(id);
  const refuse = (what: string): void => {
    const message = `Cannot pin "${name}", which is ${printType({ dtype, shape })}, to ${what}`;
    diag.report(CODES["PAS-005"], { message, at: { kind: "argument", name: "--pin" } });
  };
  let tensor: Tensor;
  if (typeof pin === "object") {
    tensor = pin;
  } else {
    if (dtype === undefined || shape === undefined || !isStaticShape(shape))
      return refuse("a number: its shape is not bound");
    if (typeof pin === "number" && dtype.includes("i") && !Number.isInteger(pin)) return refuse(String(pin));
    tensor = fullTensor(dtype, shape, pin);
  }
  const fits =
    shape === undefined ||
    (shape.length === tensor.shape.length &&
      shape.every((dim, axis) => typeof dim === "string" || dim === tensor.shape[axis]));
  if ((dtype !== undefined && dtype !== tensor.dtype) || !fits) return refuse(describeTensor(tensor));
  const constant = graph.addConstant(`${name}.pinned`, sourceOf(tensor));
  graph.replaceUses(id, constant);
  graph.eraseSource(id);
}
