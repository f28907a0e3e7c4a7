import { describe, expect, it } from "vitest";
import { CompileError, compareNames, declareCodes, DiagnosticSink, printDiagnostic } from "./diagnostics.ts";
import type { Loc } from "./diagnostics.ts";

const CODES = declareCodes({
  "TST-003": { title: "Core memory exceeded", about: "Too much." },
  "TST-900": { title: "Odd", severity: "warning", about: "Odd." },
});

const line = (n: number): Loc => ({ kind: "line", file: "a.dfir", line: n });

describe("printDiagnostic", () => {
  it("prints what, where, why and what to do, a line each", () => {
    const diag = new DiagnosticSink();
    diag.report(CODES["TST-003"], {
      message: 'Cannot fit kernel "k12" (softmax.row) on a core: needs 52480 B, core memory is 49152 B',
      at: { kind: "onnx", node: "/layer.3/attn/Softmax" },
      notes: [{ message: "weights 32768 B", at: { kind: "core", x: 2, y: 0 } }],
      help: ["shape 8x4 needs 27136 B"],
      facts: { demand: 52480, bound: 49152, unit: "B" },
    });
    expect(diag.diagnostics.map(printDiagnostic).join("\n")).toMatchInlineSnapshot(`
      "error[TST-003] Cannot fit kernel "k12" (softmax.row) on a core: needs 52480 B, core memory is 49152 B
        at ONNX node "/layer.3/attn/Softmax"
        note: weights 32768 B at core(2,0)
        help: shape 8x4 needs 27136 B"
    `);
  });
});

describe("DiagnosticSink", () => {
  it("throws all diagnostics, sorted by location, if one is an error", () => {
    const diag = new DiagnosticSink();
    diag.report(CODES["TST-900"], { message: "Second", at: line(10) });
    diag.throwIfErrors();
    diag.report(CODES["TST-003"], { message: "First", at: line(9) });
    expect(() => diag.throwIfErrors()).toThrow(CompileError);
    try {
      diag.throwIfErrors();
    } catch (error) {
      expect((error as CompileError).diagnostics.map((d) => d.message)).toEqual(["First", "Second"]);
    }
  });

  it("drops silenced warnings and promotes named ones, and never drops an error", () => {
    const silencing = new DiagnosticSink({ silenced: new Set(["TST-900", "TST-003"]) });
    silencing.report(CODES["TST-900"], { message: "a", at: line(1) });
    silencing.report(CODES["TST-003"], { message: "b", at: line(1) });
    expect(silencing.diagnostics.map((d) => d.code)).toEqual(["TST-003"]);
    const promoting = new DiagnosticSink({ promoted: new Set(["TST-900"]) });
    promoting.report(CODES["TST-900"], { message: "a", at: line(1) });
    expect(promoting.hasErrors).toBe(true);
  });
});

describe("compareNames", () => {
  it("orders digits as numbers", () => {
    expect(["k10", "k2", "j3", "k2a", "k02"].sort(compareNames)).toEqual(["j3", "k02", "k2", "k2a", "k10"]);
  });
});

describe("declareCodes", () => {
  it("refuses a malformed code", () => {
    expect(() => declareCodes({ "GRAPH-1": { title: "", about: "" } })).toThrow(RangeError);
  });
});
