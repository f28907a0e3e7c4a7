// Activations in random spellings: each must come to one op, with the same outputs.
import { DiagnosticSink, Rng } from "@waferc/base";
import type { Graph, ValueId } from "@waferc/ir/graph";
import { compareTensors } from "@waferc/numerics";
import { evaluateGraph } from "@waferc/ops";
import { FormulaWriter } from "@waferc/testkit/arbitrary";
import { expect, it } from "vitest";
import { canonicalizePasses, runPasses } from "./canonicalize.ts";

const SPELLINGS = 200;
const TOLERANCE = { rtol: 1e-4, atol: 1e-5 };
const ROOT = Math.sqrt(2 / Math.PI);

/** c + k * curve, in either order. */
function plus(writer: FormulaWriter, constant: number, curve: ValueId, factor: number): ValueId {
  return writer.sum(factor === 1 ? curve : writer.product([curve], factor), writer.number(constant));
}

/** number * x * (1 + curve), the number in one factor or two. */
function gated(writer: FormulaWriter, x: ValueId, curve: ValueId): ValueId {
  return writer.either(
    () => writer.product([x, plus(writer, 1, curve, 1)], 0.5),
    () => writer.product([x, plus(writer, 0.5, curve, 0.5)]),
    () => writer.product([writer.product([x], 0.25), plus(writer, 1, curve, 1)], 2),
  );
}

const FORMULAS: Readonly<Record<string, (writer: FormulaWriter, x: ValueId) => ValueId>> = {
  "Gelu none": (writer, x) => gated(writer, x, writer.op("Erf", [writer.product([x], Math.SQRT1_2)])),
  "Gelu tanh": (writer, x) => {
    const argument = writer.either(
      () => writer.product([writer.sum(x, writer.product([writer.cube(x)], 0.044715))], ROOT),
      () => writer.sum(writer.product([x], ROOT), writer.product([writer.cube(x)], 0.044715 * ROOT)),
      () => writer.product([x, plus(writer, 1, writer.square(x), 0.044715)], ROOT),
    );
    return gated(writer, x, writer.op("Tanh", [argument]));
  },
  Swish: (writer, x) => {
    const alpha = writer.rng.pick([1, 1.702]);
    const scaled = (factor: number): ValueId => (factor === 1 ? x : writer.product([x], factor));
    const exp = (): ValueId => writer.op("Exp", [alpha === 1 ? writer.op("Neg", [x]) : scaled(-alpha)]);
    return writer.either(
      () => writer.product([x, writer.op("Sigmoid", [scaled(alpha)])]),
      () => writer.op("Div", [x, plus(writer, 1, exp(), 1)]),
      () => writer.product([x, writer.op("Reciprocal", [plus(writer, 1, exp(), 1)])]),
    );
  },
};

function canonical(graph: Graph): Graph {
  return runPasses(graph, canonicalizePasses, { diag: new DiagnosticSink(), rng: new Rng(1) });
}

it.each(Object.keys(FORMULAS))(`recognises ${SPELLINGS} spellings of %s`, (name) => {
  for (let seed = 0; seed < SPELLINGS; seed++) {
    const writer = new FormulaWriter(new Rng(`${name} ${seed}`));
    const shape = [2, 5];
    // x is a product or a sum itself in places, and the result is multiplied with a gate.
    const x = writer.either(
      () => writer.input("x", shape),
      () => writer.op("Mul", [writer.input("a", shape), writer.input("b", shape)]),
      () => writer.op("Add", [writer.input("a", shape), writer.weight([5])]),
    );
    const y = FORMULAS[name]?.(writer, x) ?? x;
    writer.graph.addOutput("y", writer.rng.chance(0.5) ? writer.op("Mul", [y, writer.input("gate", shape)]) : y);
    const graph = writer.graph.freeze();
    const made = canonical(graph);
    const kinds = made.ops.map(({ kind }) => kind);
    expect(
      kinds.filter((kind) => !["Mul", "Add"].includes(kind)),
      `seed ${seed}`,
    ).toEqual([name.split(" ")[0]]);
    expect(kinds.length, `seed ${seed}: ${kinds.join(", ")}`).toBeLessThanOrEqual(3);
    const [expected, actual] = [evaluateGraph(graph, writer.inputs), evaluateGraph(made, writer.inputs)];
    const [want, found] = [expected.get("y"), actual.get("y")];
    expect(want && found && compareTensors(found, want, TOLERANCE), `seed ${seed}`).toMatchObject({ pass: true });
  }
});
