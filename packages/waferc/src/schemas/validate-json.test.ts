import { describe, expect, it } from "vitest";
import { validateJson } from "./validate-json.ts";

const loc = { kind: "argument", name: "MODEL" };
const diagnostic = { code: "CLI-001", severity: "error", message: "m", at: loc, notes: [], help: [] };

describe("validateJson", () => {
  it("accepts what fits", () => {
    expect(validateJson([diagnostic], "diagnostics")).toEqual([]);
  });

  it("names what is missing, wrong or unexpected by its path", () => {
    const { help: _, ...rest } = diagnostic;
    expect(validateJson([{ ...rest, severity: "fatal", extra: 1 }], "diagnostics")).toEqual([
      '$[0] lacks "help"',
      "$[0].severity must be one of error, warning, note",
      "$[0].extra is not expected",
    ]);
  });

  it("follows references between schemas", () => {
    const output = {
      schemaVersion: "1.0",
      command: "check",
      ok: true,
      diagnostics: [{}],
      verdict: "legal",
      findings: [],
    };
    expect(validateJson(output, "output", "check").length).toBeGreaterThan(0);
    expect(validateJson({ ...output, diagnostics: [diagnostic] }, "output", "check")).toEqual([]);
  });
});
