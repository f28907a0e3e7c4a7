import { CompileError } from "@waferc/base";
import { describe, expect, test } from "vitest";
import { canRunCode, isReservedCore, usableCores, usableRect } from "./defects.ts";
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
  test("knows every machine", () => {
    const grids = machineNames.map((name) => [name, loadMachine(name).width, loadMachine(name).height]);
    expect(grids).toEqual([
      ["mesh4x4", 4, 4],
      ["mesh8x8", 8, 8],
      ["wormhole-like", 8, 10],
      ["mesh16x16", 16, 16],
      ["mesh32x32", 32, 32],
      ["cs2", 757, 996],
      ["cs3", 762, 1172],
    ]);
    for (const name of machineNames) expect(loadMachine(name).sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  test("knows what a program may use of a wafer", () => {
    const [cs2, cs3] = [loadMachine("cs2"), loadMachine("cs3")];
    expect(usableRect(cs2)).toEqual({ x: 4, y: 1, w: 750, h: 994 });
    expect(usableRect(cs3)).toEqual({ x: 4, y: 1, w: 755, h: 1170 });
    expect(canRunCode(cs3, 4, 1)).toBe(true);
    expect([usableCores(cs2), usableCores(cs3)]).toEqual([750 * 994, 755 * 1170]);
    const hurt = loadMachine("cs2", ['defects.cores=[{"x":0,"y":0},{"x":9,"y":9}]']);
    expect(usableCores(hurt)).toBe(750 * 994 - 1);
    expect([isReservedCore(cs3, 3, 1), isReservedCore(cs3, 759, 1), isReservedCore(cs3, 4, 1171)]).toEqual([
      true,
      true,
      true,
    ]);
    expect(cs2.fabric.switchColors).toHaveLength(24);
    expect([cs2.fabric.switchChanges, cs3.fabric.switchChanges]).toEqual(["either", "both"]);
    expect(cs3.fabric.reservedColors).toEqual([21, 22, 23]);
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
    expect(codesOf(() => loadMachine("mesh4x4", ['fabric.switchChanges="none"']))).toContain("MCH-004");
    expect(codesOf(() => loadMachine("mesh4x4", ["reservedCores.west=2", "reservedCores.east=2"]))).toEqual([
      "MCH-006",
    ]);
    expect(codesOf(() => loadMachine("mesh4x4", ['defects.cores=[{"x":4,"y":0}]']))).toEqual(["MCH-005"]);
  });

  test("suggests the nearest field", () => {
    expect(() => loadMachine("mesh4x4", ["core.sramByte=1"])).toThrow('did you mean "core.sramBytes"?');
    expect(() => loadMachine("mesh4x4", ["sramBytes=1"])).toThrow('did you mean "core.sramBytes"?');
    expect(() => loadMachine("mesh44")).toThrow('did you mean "mesh4x4"?');
  });
});

describe("resolveMachine", () => {
  test("joins a description with what it extends", () => {
    const own = { name: "mine", description: "Mine", extends: "cs3", width: { value: 20, source: "A cut" } };
    const machine = resolveMachine(own, ["height=30"]);
    expect([machine.name, machine.width, machine.height]).toEqual(["mine", 20, 30]);
    expect(machine.core.sendPauseEvery).toBe(8);
    expect(codesOf(() => resolveMachine({ ...own, extends: "cs4" }))).toEqual(["MCH-001"]);
  });

  test("refuses a number without an origin", () => {
    const description = { ...machineDescription("mesh4x4"), clockHz: { value: 1 } };
    expect(codesOf(() => resolveMachine(description))).toContain("MCH-004");
  });
});
