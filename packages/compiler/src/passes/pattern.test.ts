import { GraphBuilder, sourceOf, type ValueId } from "@waferc/ir/graph";
import { scalarTensor } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { matchesOf, matchPattern, number, oneOf, op, scalar, value } from "./pattern.ts";

const TYPE = { dtype: "f32", shape: [4] } as const;

function setup(): {
  graph: GraphBuilder;
  x: ValueId;
  y: ValueId;
  emit: (kind: string, ...operands: ValueId[]) => ValueId;
  constant: (n: number) => ValueId;
} {
  const graph = new GraphBuilder("g", [["", 17]]);
  return {
    graph,
    x: graph.addInput("x", TYPE),
    y: graph.addInput("y", TYPE),
    emit: (kind, ...operands) => graph.emit({ kind, version: 13, operands }, TYPE),
    constant: (n) => graph.addConstant("c", sourceOf(scalarTensor("f32", n))),
  };
}

describe("matchPattern", () => {
  it("matches commutative operands in either order and names the ops that it covers", () => {
    const { graph, x, emit, constant } = setup();
    const root = emit("Mul", emit("Sigmoid", x), emit("Add", constant(2), x));
    const match = matchPattern(
      graph,
      op("Mul", [op("Add", [value("a"), scalar("c")]), op("Sigmoid", [value("a")])]),
      root,
    );
    expect(match?.values.get("a")).toBe(x);
    expect(match?.numbers.get("c")).toBe(2);
    expect(match?.ops.map((one) => one.kind)).toEqual(["Mul", "Add", "Sigmoid"]);
  });

  it("wants one value for one name", () => {
    const { graph, x, y, emit } = setup();
    const square = op("Mul", [value("a"), value("a")]);
    expect(matchPattern(graph, square, emit("Mul", x, x))).toBeDefined();
    expect(matchPattern(graph, square, emit("Mul", x, y))).toBeUndefined();
  });

  it("does not swap the operands of Sub and Div", () => {
    const { graph, x, emit, constant } = setup();
    const pattern = op("Div", [number(1), value("a")]);
    expect(matchPattern(graph, pattern, emit("Div", constant(1), x))).toBeDefined();
    expect(matchPattern(graph, pattern, emit("Div", x, constant(1)))).toBeUndefined();
  });

  it("compares numbers up to f32 rounding", () => {
    const { graph, x, emit, constant } = setup();
    const pattern = op("Mul", [value("a"), number(Math.SQRT1_2)]);
    expect(matchPattern(graph, pattern, emit("Mul", x, constant(Math.SQRT1_2)))).toBeDefined();
    expect(matchPattern(graph, pattern, emit("Mul", x, constant(0.70711)))).toBeUndefined();
  });

  it("offers every match, so that a caller can go on after refusing one", () => {
    const { graph, x, y, emit } = setup();
    const root = emit("Add", x, y);
    const firsts = [...matchesOf(graph, oneOf(op("Add", [value("a"), value("b")])), root)].map((match) =>
      match.values.get("a"),
    );
    expect(firsts).toEqual([x, y]);
  });

  it("looks at the default domain only", () => {
    const { graph, x } = setup();
    const foreign = graph.emit({ domain: "com.microsoft", kind: "Gelu", version: 1, operands: [x] }, TYPE);
    expect(matchPattern(graph, op("Gelu", [value("a")]), foreign)).toBeUndefined();
  });
});
