// The part of docs/fidelity.md that takes seconds: every published row that has one by its derived cycles, which the engine is held to
// elsewhere and on two of them here; and that algorithms are ordered as published.
import { readFileSync } from "node:fs";
import { loadMachine } from "@waferc/machine";
import { describe, expect, test } from "vitest";
import { compareLocalGemm, compareMulticast, CALIBRATED, deviation, GOALS, worstCheck } from "./fidelity-page.ts";
import type { Comparison } from "./fidelity-page.ts";
import {
  gemmCycles,
  gemmStepCycles,
  gemvCycles,
  localGemmExample,
  measureCycles,
  reduceCycles,
  reduceExample,
} from "./measure.ts";
import { LOCAL_GEMM, REDUCE } from "./published.ts";

const checksOf = (rows: readonly Comparison[]) => rows.filter(({ calibrates }) => calibrates === undefined).length;

describe("published cycles", () => {
  test("reduce over 512 cores", () => {
    const rows = REDUCE.rows.map((row): Comparison => {
      const measured = reduceCycles(row, ({ cycles }) => cycles ?? 0);
      return { name: String(row.group), published: row.cycles, measured, calibrates: undefined };
    });
    expect([rows.length, checksOf(rows)]).toEqual([9, 9]);
    expect(worstCheck(rows)).toBeLessThanOrEqual(GOALS.reduce);
    for (const row of [REDUCE.rows[4]!, REDUCE.rows[8]!]) {
      const example = reduceExample(row);
      expect(measureCycles(example)).toBe(example.cycles);
    }
  });

  test("multicast along a row", () => {
    const rows = compareMulticast();
    expect([rows.length, checksOf(rows)]).toEqual([20, 18]);
    expect(worstCheck(rows)).toBeLessThanOrEqual(GOALS.multicast);
    // All but one within two cycles.
    const outliers = rows.filter(({ published, measured }) => Math.abs(published - measured) > 2);
    expect(outliers.map(({ name }) => name)).toEqual(["2048 B to 16"]);
  });

  test("local f32 product", () => {
    const rows = compareLocalGemm();
    expect([rows.length, checksOf(rows)]).toEqual([6, 4]);
    expect(worstCheck(rows)).toBeLessThanOrEqual(GOALS.localGemm);
    const example = localGemmExample(LOCAL_GEMM.rows[2]!);
    expect(measureCycles(example)).toBe(example.cycles);
  });

  test("rows that calibrated a number fit it, and its source names them", () => {
    const fitted = [...compareMulticast(), ...compareLocalGemm()].filter(({ calibrates }) => calibrates !== undefined);
    expect(fitted).toHaveLength(CALIBRATED.multicast.size + CALIBRATED.localGemm.size);
    for (const row of fitted) expect(Math.abs(deviation(row)), row.name).toBeLessThan(0.01);
    const { fabricStartCycles, sendPauseEvery } = loadMachine("cs3").core;
    expect({ fabricStartCycles, sendPauseEvery }).toEqual({ fabricStartCycles: 14, sendPauseEvery: 8 });
  });
});

describe("published orders", () => {
  test("shifts between neighbours beat those that wrap around and broadcasts, more so on larger meshes", () => {
    const ratios = [8, 16, 24].map((side) => {
      const { mesh, cannon, summa } = gemmCycles(side, 48);
      return [cannon / mesh, summa / mesh];
    });
    for (const [i, [cannon = 0, summa = 0]] of ratios.entries()) {
      expect(cannon).toBeGreaterThan(ratios[i - 1]?.[0] ?? 1);
      expect(summa).toBeGreaterThan(ratios[i - 1]?.[1] ?? 1);
    }
  });

  test("a step between neighbours does not depend on the mesh", () => {
    const [small, large] = [gemmStepCycles(56, 1), gemmStepCycles(80, 1)];
    expect(large.mesh).toBe(small.mesh);
    expect(large.cannon - small.cannon).toBe(24);
    expect(large.summa - small.summa).toBe(59 - 41);
  });

  test("the tree beats the chain by about the published factor on 720 cores", () => {
    const { tree, chain } = gemvCycles({ side: 720, edge: 6, group: 24, type: "f16" });
    expect(chain / tree).toBeGreaterThan(4);
    expect(chain / tree).toBeLessThan(5.2);
  });

  test("the page has these tables", () => {
    const page = readFileSync(new URL("../../../../../docs/fidelity.md", import.meta.url), "utf8");
    for (const { name, published, measured } of [...compareMulticast(), ...compareLocalGemm()]) {
      expect(page).toContain(`| ${name} | ${published} | ${measured} |`);
    }
    for (const row of REDUCE.rows)
      expect(page).toContain(`| ${row.cycles} | ${reduceCycles(row, ({ cycles }) => cycles ?? 0)} |`);
  });
});
