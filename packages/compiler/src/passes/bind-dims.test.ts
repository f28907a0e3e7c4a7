import { DiagnosticSink, Rng } from "@waferc/base";
import { GraphBuilder, valueOf, type Graph } from "@waferc/ir/graph";
import { describe, expect, it } from "vitest";
import { CountedStats, type PassContext } from "../pass.ts";
import { bindDims, dimsOfInputs, modelDims } from "./bind-dims.ts";

const context = (): PassContext => ({ diag: new DiagnosticSink(), rng: new Rng(1), stats: new CountedStats() });

function graph(): Graph {
  const builder = new GraphBuilder("g", [["", 17]]);
  builder.addInput("ids", { dtype: "i64", shape: ["batch", "seq"] });
  const mask = builder.addInput("mask", { dtype: "i64", shape: ["batch", "past + seq", "?"] });
  builder.addOutput("y", mask);
  return builder.freeze();
}

describe("modelDims", () => {
  it("lists the symbols of the inputs with their places", () => {
    expect(modelDims(graph())).toEqual([
      { name: "batch", places: ["ids axis 0", "mask axis 0"] },
      { name: "seq", places: ["ids axis 1", "mask axis 1"] },
      { name: "past", places: ["mask axis 1"] },
      { name: "mask.2", places: ["mask axis 2"] },
    ]);
  });
});

describe("dimsOfInputs", () => {
  const shapes = (mask: readonly number[]): ReadonlyMap<string, readonly number[]> =>
    new Map([
      ["ids", [2, 4]],
      ["mask", mask],
    ]);

  it("reads lengths off the inputs' shapes", () => {
    const found = dimsOfInputs(graph(), shapes([2, 9, 7]), new DiagnosticSink());
    expect([...found]).toEqual([
      ["batch", 2],
      ["seq", 4],
      ["past + seq", 9],
      ["mask.2", 7],
    ]);
  });

  it("binds the places of a symbol with two lengths one by one, with a warning", () => {
    const diag = new DiagnosticSink();
    const found = dimsOfInputs(graph(), shapes([3, 9, 7]), diag);
    expect(diag.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["PAS-008", "warning"]]);
    const bound = bindDims.run(graph(), { dims: found, mustBindAll: true }, context());
    expect(bound.inputs.map((id) => valueOf(bound, id).shape)).toEqual([
      [2, 4],
      [3, 9, 7],
    ]);
  });
});
