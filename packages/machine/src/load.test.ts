import { CompileError } from "@waferc/base";
import { describe, expect, test } from "vitest";
import { loadMachine, machineDescription, machineNames, resolveMachine } from "./load.ts";

function codesOf(load: () => unknown): string[] {
  try {
    load();
  } catch (error) {
    if (error instanceof CompileError) return error.diagnostics.map(({ code }) => code);
    throw error;
  }
  return [];
}

describe("loadMachine", () => {
  test("knows every machine, each with the grid of its name", () => {
    expect(machineNames).toEqual(["mesh4x4", "mesh8x8", "mesh16x16", "mesh32x32"]);
    for (const name of machineNames) {
      const machine = loadMachine(name);
      expect(`mesh${machine.width}x${machine.height}`).toBe(name);
      expect(machine.sha256).toMatch(/^[0-9a-f]{64}$/);
    }
  });

  test("takes values out of their sources", () => {
    const machine = loadMachine("mesh4x4");
    expect(machine.core.sramBytes).toBe(49152);
    expect(machine.core.centicyclesPerElement.matmul.f32).toBe(214);
    expect(machine.hostSides).toEqual(["west", "east"]);
  });

  test("replaces what an override names, and only that", () => {
    const plain = loadMachine("mesh4x4");
    const changed = loadMachine("mesh4x4", ["core.sramBytes=65536", 'defects.cores=[{"x":1,"y":2}]']);
    expect(changed.core).toEqual({ ...plain.core, sramBytes: 65536 });
    expect(changed.defects.cores).toEqual([{ x: 1, y: 2 }]);
    expect(changed.sha256).not.toBe(plain.sha256);
    expect(loadMachine("mesh4x4").sha256).toBe(plain.sha256);
  });

  test("refuses what it does not understand, with every problem at once", () => {
    expect(codesOf(() => loadMachine("mesh8x9"))).toEqual(["MCH-001"]);
    expect(codesOf(() => loadMachine("mesh4x4", ["core.sramByte=1", "core.sramBytes", "core=3"]))).toEqual([
      "MCH-002",
      "MCH-003",
      "MCH-002",
    ]);
    expect(codesOf(() => loadMachine("mesh4x4", ["core.sramBytes=7"]))).toEqual(["MCH-004"]);
    expect(codesOf(() => loadMachine("mesh4x4", ['defects.cores=[{"x":4,"y":0}]']))).toEqual(["MCH-005"]);
  });

  test("suggests the nearest field", () => {
    expect(() => loadMachine("mesh4x4", ["core.sramByte=1"])).toThrow('did you mean "core.sramBytes"?');
    expect(() => loadMachine("mesh4x4", ["sramBytes=1"])).toThrow('did you mean "core.sramBytes"?');
    expect(() => loadMachine("mesh44")).toThrow('did you mean "mesh4x4"?');
  });
});

describe("resolveMachine", () => {
  test("refuses a number without an origin", () => {
    const description = { ...machineDescription("mesh4x4"), clockHz: { value: 1 } };
    expect(codesOf(() => resolveMachine(description))).toContain("MCH-004");
  });
});
