import { DiagnosticSink, Rng } from "@waferc/base";
import { GraphBuilder, valueOf } from "@waferc/ir/graph";
import { expect, it } from "vitest";
import { CountedStats } from "../pass.ts";
import { inferShapes } from "./infer-shapes.ts";

it("prefers the inferred type to a wrong declaration, with warning PAS-007", () => {
  const builder = new GraphBuilder("g", [["", 17]]);
  const x = builder.addInput("x", { dtype: "f32", shape: [2, "n"] });
  const y = builder.emit(
    { kind: "Relu", version: 14, operands: [x], loc: ["/relu"] },
    { name: "y", dtype: "f32", shape: [3, 4] },
  );
  builder.addOutput("y", y);
  const diag = new DiagnosticSink();
  const graph = inferShapes.run(builder.freeze(), {}, { diag, rng: new Rng(1), stats: new CountedStats() });
  expect(valueOf(graph, graph.outputs[0]?.value ?? x).shape).toEqual([2, "n"]);
  expect(diag.diagnostics).toMatchObject([
    {
      code: "PAS-007",
      severity: "warning",
      at: { node: "/relu" },
      message: '"y" is declared as f32[3,4], but is f32[2,n]',
    },
  ]);
});

it("fills what inference leaves open from the declaration", () => {
  const builder = new GraphBuilder("g", [["", 17]]);
  const x = builder.addInput("x", { dtype: "f32", shape: ["n"] });
  const found = builder.emit(
    { kind: "NonZero", version: 13, operands: [x] },
    { name: "y", dtype: "i64", shape: [1, "k"] },
  );
  builder.addOutput("y", found);
  const diag = new DiagnosticSink();
  const graph = inferShapes.run(builder.freeze(), {}, { diag, rng: new Rng(1), stats: new CountedStats() });
  expect(valueOf(graph, graph.outputs[0]?.value ?? x)).toMatchObject({ dtype: "i64", shape: [1, "k"] });
});
