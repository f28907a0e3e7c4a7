import { InternalError } from "@waferc/base";
import { tensorOf } from "@waferc/numerics";
import { describe, expect, it } from "vitest";
import { attr, attrsOf } from "./attr.ts";
import { GraphBuilder } from "./builder.ts";
import { valueOf } from "./graph.ts";
import type { ValueId } from "./graph.ts";
import { printGraph } from "./print.ts";
import { sourceOf } from "./source.ts";
import { verifyGraph } from "./verify.ts";

const F32 = { dtype: "f32", shape: [4] } as const;

function unary(builder: GraphBuilder, kind: string, x: ValueId): ValueId {
  return builder.emit({ kind, version: 13, operands: [x], loc: [kind] }, F32);
}

/** x -> Abs -> Neg -> y */
function chain(): GraphBuilder {
  const builder = new GraphBuilder("chain", [["", 17]]);
  const x = builder.addInput("x", F32);
  builder.addOutput("y", unary(builder, "Neg", unary(builder, "Abs", x)));
  return builder;
}

const kinds = (builder: GraphBuilder): string[] => builder.freeze().ops.map((op) => op.kind);

describe("GraphBuilder.freeze", () => {
  it("keeps the order of ops that are sorted already", () => {
    const builder = chain();
    const [x] = builder.inputs;
    builder.addOutput("z", unary(builder, "Exp", x as ValueId));
    expect(kinds(builder)).toEqual(["Abs", "Neg", "Exp"]);
  });

  it("puts an appended op just before its first reader", () => {
    const builder = chain();
    const [abs, neg] = builder.ops;
    const exp = unary(builder, "Exp", abs?.results[0] as ValueId);
    builder.setOperand(neg!.id, 0, exp);
    expect(kinds(builder)).toEqual(["Abs", "Exp", "Neg"]);
  });

  it("takes ops in any order when their values are declared first", () => {
    const builder = new GraphBuilder("unsorted", [["", 17]]);
    const x = builder.addInput("x", F32);
    const [a, b] = [builder.declareValue({ name: "a", ...F32 }), builder.declareValue({ name: "b", ...F32 })];
    builder.addOp({ kind: "Neg", version: 13, operands: [a], results: [b], loc: ["second"] });
    builder.addOp({ kind: "Abs", version: 13, operands: [x], results: [a], loc: ["first"] });
    builder.addOutput("b", b);
    const graph = builder.freeze();
    expect(graph.ops.map((op) => op.kind)).toEqual(["Abs", "Neg"]);
    expect(graph.values.map((value) => value.name)).toEqual(["x", "a", "b"]);
    expect(verifyGraph(graph)).toEqual([]);
  });

  it("names the ops of a circle", () => {
    const builder = chain();
    const [abs, neg] = builder.ops;
    builder.setOperand(abs!.id, 0, neg?.results[0]);
    expect(() => builder.freeze()).toThrow(/circle: "Abs", "Neg"|circle: "Neg", "Abs"/);
  });

  it("sorts chains longer than the call stack is deep", () => {
    const builder = new GraphBuilder("long", [["", 17]]);
    let value = builder.addInput("x", F32);
    const steps = 20_000;
    const declared = Array.from({ length: steps }, () => builder.declareValue(F32));
    const operands = [value, ...declared];
    for (let i = steps - 1; i >= 0; i--) {
      builder.addOp({ kind: "Abs", version: 13, operands: [operands[i]], results: [declared[i]] });
    }
    value = declared[steps - 1] as ValueId;
    builder.addOutput("y", value);
    expect(builder.freeze().ops.length).toBe(steps);
  });
});

describe("GraphBuilder edits", () => {
  it("copies a graph with its ids and leaves the original alone", () => {
    const graph = chain().freeze();
    const before = printGraph(graph);
    const builder = GraphBuilder.from(graph);
    expect(printGraph(builder.freeze())).toBe(before);
    builder.setAttrs(graph.ops[0]!.id, attrsOf({ axis: attr.int(1) }));
    expect(printGraph(graph)).toBe(before);
  });

  it("replaces uses in ops, outputs and blocks", () => {
    const builder = chain();
    const [x] = builder.inputs as [ValueId];
    const abs = builder.ops[0]!.results[0]!;
    const block = builder.addBlock("body");
    builder.addResult(block, abs);
    builder.addOp({
      kind: "If",
      version: 16,
      operands: [x],
      results: [F32],
      attrs: attrsOf({ then_branch: attr.block(block) }),
    });
    builder.addOutput("abs", abs);
    builder.replaceUses(abs, x);
    expect(builder.hasUses(abs)).toBe(false);
    builder.eraseOp(builder.ops[0]!.id);
    expect(kinds(builder)).toEqual(["Neg", "If"]);
    expect(builder.freeze().outputs.map(({ value }) => value)).toContain(builder.inputs[0]);
    expect(block.results).toEqual([x]);
  });

  it("can leave one user alone", () => {
    const builder = chain();
    const [abs, neg] = builder.ops;
    const exp = builder.addOp({ kind: "Exp", version: 13, operands: [abs?.results[0]], results: [F32] });
    builder.replaceUses(abs!.results[0]!, exp.results[0]!, exp.id);
    expect(neg?.operands).toEqual(exp.results);
    expect(exp.operands).toEqual(abs?.results);
  });

  it("refuses to erase what is used", () => {
    const builder = chain();
    expect(() => builder.eraseOp(builder.ops[0]!.id)).toThrow(InternalError);
    expect(() => builder.eraseSource(builder.inputs[0]!)).toThrow(InternalError);
  });

  it("erases an op with its blocks", () => {
    const builder = new GraphBuilder("nested", [["", 17]]);
    const x = builder.addInput("x", F32);
    const block = builder.addBlock("body");
    const inner = builder.addOp({ kind: "Abs", version: 13, operands: [x], results: [F32], block });
    builder.addResult(block, inner.results[0]!);
    const outer = builder.addOp({
      kind: "If",
      version: 16,
      operands: [x],
      results: [F32],
      attrs: attrsOf({ b: attr.block(block) }),
    });
    expect(builder.users(x).map((op) => op.kind)).toEqual(["Abs", "If"]);
    builder.eraseOp(outer.id);
    expect(builder.has(inner.id)).toBe(false);
    expect(builder.hasUses(x)).toBe(false);
  });

  it("gives constants names of their own and inputs only theirs", () => {
    const builder = chain();
    const data = sourceOf(tensorOf("f32", [], [1]));
    const names = [builder.addConstant("x", data), builder.addConstant("x", data), builder.addConstant("", data)];
    expect(names.map((id) => builder.value(id).name)).toEqual(["x_1", "x_2", "const"]);
    expect(() => builder.addInput("x", F32)).toThrow(RangeError);
  });

  it("drops trailing holes of operands and results", () => {
    const builder = chain();
    const [x] = builder.inputs as [ValueId];
    const op = builder.addOp({
      kind: "Clip",
      version: 13,
      operands: [x, undefined, undefined],
      results: [F32, undefined],
    });
    expect([op.operands.length, op.results.length]).toEqual([1, 1]);
  });

  it("knows producers, users and outputs", () => {
    const builder = chain();
    const [abs, neg] = builder.ops;
    expect(builder.producer(neg?.results[0])).toBe(neg);
    expect(builder.producer(builder.inputs[0])).toBeUndefined();
    expect(builder.users(abs!.results[0]!)).toEqual([neg]);
    expect(builder.isOutput(neg!.results[0]!)).toBe(true);
    expect(valueOf(builder.freeze(), builder.inputs[0]!).name).toBe("x");
  });
});
