// Every example is legal, gives the sums and products that it should on all engines, and takes the cycles that are derived for it. The values
// are computed here from what the programs begin with, in plain loops over integers small enough for f32.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { checkProgram } from "@waferc/check";
import { loadMachine } from "@waferc/machine";
import type { Machine } from "@waferc/machine";
import { f16FromNumber } from "@waferc/numerics";
import { simulateCycle, simulateFast, simulateUntimed } from "@waferc/sim";
import { describe, expect, test } from "vitest";
import { exampleFiles } from "./catalog.ts";
import { chainReduce } from "./chain-reduce.ts";
import type { Example } from "./example.ts";
import { meshGemv } from "./mesh-gemv.ts";
import { multicast } from "./multicast.ts";
import { redistribute } from "./redistribute.ts";
import { cannonGemm, meshGemm } from "./ring-gemm.ts";
import { ringAllReduce } from "./ring-all-reduce.ts";
import { starReduce } from "./star-reduce.ts";
import { summaGemm } from "./summa-gemm.ts";
import { treeAllReduce } from "./tree-all-reduce.ts";
import { twoPhaseReduce } from "./two-phase-reduce.ts";

const cut = (name: string) => loadMachine(name, ["width=24", "height=16"]);
const MESH = loadMachine("mesh16x16");
const MACHINES = [MESH, cut("cs2"), cut("cs3"), loadMachine("wormhole-like")];
const noWeights = () => new Float32Array(0);
const noInputs = { inputs: new Map<string, Float32Array>() };

/** Integers below 2048 are exact in f16. */
function halves(values: readonly number[]): Uint16Array {
  if (values.some((value) => Math.abs(value) > 2048)) throw new RangeError("a value is not exact in f16");
  return Uint16Array.from(values, (value) => f16FromNumber(value));
}

/** What each row of cores sends to the host: the elements of its cores, from west to east. */
type Rows = readonly (readonly number[])[];

function expectValues({ program, machine, name }: Example, expected: Rows, type: "f32" | "f16" = "f32"): void {
  expect(checkProgram(program, machine), name).toEqual({ verdict: "legal", findings: [] });
  const outputs = new Map(expected.map((row, j) => [`y${j}`, type === "f32" ? Float32Array.from(row) : halves(row)]));
  const cycle = simulateCycle(program, machine, noWeights, noInputs);
  const fast = simulateFast(program, machine, noWeights, noInputs);
  const others = [undefined, 1, 2].map((seed) =>
    simulateUntimed(program, machine, noWeights, { ...noInputs, ...(seed === undefined ? {} : { seed }) }),
  );
  for (const run of [cycle, fast, ...others]) {
    expect(run.outputs, `${name} on ${run.engine}`).toEqual(outputs);
    expect(run.memoryDigest(), `${name} on ${run.engine}`).toBe(cycle.memoryDigest());
  }
}

/** Number of examples whose cycles are derived and were found; what is contended is not compared. */
function expectCycles(examples: readonly Example[]): number {
  let derived = 0;
  for (const { name, program, machine, cycles } of examples) {
    const run = simulateCycle(program, machine, noWeights, { ...noInputs, timingOnly: true });
    const fast = simulateFast(program, machine, noWeights, { ...noInputs, timingOnly: true });
    if (run.contentionEvents === 0) expect(fast.quiescentCycles, name).toBe(run.quiescentCycles);
    if (cycles === undefined || run.contentionEvents > 0) continue;
    expect([machine.name, name, run.quiescentCycles]).toEqual([machine.name, name, cycles]);
    derived++;
  }
  return derived;
}

const count = (length: number) => Array.from({ length }, (_, k) => k);
const start = (i: number, j: number) => (3 * i + 5 * j) % 7;
const vector = (i: number, j: number, elements: number) => count(elements).map((k) => start(i, j) + k);
const sumOf = (vectors: readonly (readonly number[])[]) =>
  vectors[0]!.map((_, k) => vectors.reduce((sum, v) => sum + v[k]!, 0));

/** For each row, what its cores have: given what core i had in the beginning. */
function rowsOf(
  cores: number,
  rows: number,
  elements: number,
  has: (i: number, before: readonly number[][]) => number[],
): Rows {
  return count(rows).map((j) => {
    const before = count(cores).map((i) => vector(i, j, elements));
    return count(cores).flatMap((i) => has(i, before));
  });
}

describe("along rows", () => {
  const shape = { machine: MESH, rows: 2 };

  test("multicast", () => {
    for (const [cores, elements] of [
      [2, 3],
      [7, 5],
      [8, 1],
    ] as const) {
      expectValues(
        multicast({ ...shape, cores, elements }),
        rowsOf(cores, 2, elements, (_, before) => before[0]!),
      );
    }
  });

  test("chain and star reduce", () => {
    for (const [cores, elements] of [
      [2, 3],
      [7, 5],
      [9, 1],
    ] as const) {
      const expected = rowsOf(cores, 2, elements, (i, before) => (i === 0 ? sumOf(before) : before[i]!));
      expectValues(chainReduce({ ...shape, cores, elements }), expected);
      expectValues(starReduce({ ...shape, cores, elements }), expected);
    }
  });

  test("two-phase reduce keeps the sums of groups at their heads", () => {
    for (const [cores, elements, group] of [
      [6, 4, 2],
      [12, 3, 3],
      [8, 2, 4],
      [4, 5, 4],
    ] as const) {
      const expected = rowsOf(cores, 2, elements, (i, before) => {
        if (i === 0) return sumOf(before);
        return i % group === 0 ? sumOf(before.slice(i, i + group)) : before[i]!;
      });
      expectValues(twoPhaseReduce({ ...shape, cores, elements, group }), expected);
    }
  });

  test("all-reduces give every core the sum", () => {
    const expected = (cores: number, elements: number) => rowsOf(cores, 2, elements, (_, before) => sumOf(before));
    for (const [cores, elements] of [
      [2, 4],
      [3, 3],
      [5, 10],
      [8, 8],
    ] as const) {
      expectValues(ringAllReduce({ ...shape, cores, elements }), expected(cores, elements));
    }
    for (const [cores, elements, group] of [
      [4, 3, 2],
      [6, 2, 3],
      [12, 5, 4],
      [15, 1, 5],
    ] as const) {
      expectValues(treeAllReduce({ ...shape, cores, elements, group }), expected(cores, elements));
    }
  });
});

/** Positions in the order of the interleaved ring: even ones upward, then odd ones downward. */
function ringOrder(cores: number): number[] {
  const positions = count(cores);
  return [...positions.filter((p) => p % 2 === 0), ...positions.filter((p) => p % 2 === 1).reverse()];
}

describe("matrices", () => {
  test("products", () => {
    const blocks = [
      { m: 2, k: 3, n: 4 },
      { m: 1, k: 1, n: 1 },
      { m: 3, k: 2, n: 1 },
    ];
    for (const side of [2, 3, 4, 5, 6]) {
      const block = blocks[side % 3]!;
      const { m, k, n } = block;
      const x = (q: number, l: number, e: number) => ((3 * q + 5 * l) % 7) - 3 + e;
      const w = (l: number, r: number, e: number) => ((2 * r + 3 * l) % 5) - 2 + e;
      const element = (q: number, r: number, row: number, column: number) => {
        let sum = 0;
        for (let l = 0; l < side; l++)
          for (let e = 0; e < k; e++) sum += x(q, l, row * k + e) * w(l, r, e * n + column);
        return sum;
      };
      const expected = (order: readonly number[]): Rows =>
        count(side).map((j) =>
          count(side).flatMap((i) =>
            count(m * n).map((e) => element(order.indexOf(j), order.indexOf(i), Math.floor(e / n), e % n)),
          ),
        );
      const options = { machine: MESH, side, block };
      expectValues(meshGemm(options), expected(ringOrder(side)));
      expectValues(meshGemm({ ...options, aligned: true }), expected(ringOrder(side)));
      expectValues(cannonGemm(options), expected(count(side)));
      expectValues(cannonGemm({ ...options, aligned: true }), expected(count(side)));
      expectValues(summaGemm(options), expected(count(side)));
    }
  });

  test("a matrix times a vector", () => {
    const [inputs, outputs, rows] = [3, 4, 3];
    for (const [columns, group] of [
      [4, 2],
      [6, 3],
      [10, 5],
    ] as const) {
      const expected = count(rows).map((j) => {
        const y = count(outputs).map((b) => {
          let sum = 0;
          for (let i = 0; i < columns; i++)
            for (let a = 0; a < inputs; a++) sum += ((i % 5) - 2 + a) * (start(i, j) - 9 + a * outputs + b);
          return sum;
        });
        return count(columns).flatMap(() => y);
      });
      const options = { machine: MESH, columns, rows, inputs, outputs };
      for (const type of ["f32", "f16"] as const) {
        expectValues(meshGemv({ ...options, type, group }), expected, type);
        expectValues(meshGemv({ ...options, type }), expected, type);
      }
    }
  });

  test("redistribution", () => {
    for (const [cores, rowsPerCore, columnsPerCore] of [
      [2, 2, 3],
      [3, 1, 2],
      [6, 2, 1],
    ] as const) {
      const order = ringOrder(cores);
      const expected = count(2).map((j) =>
        count(cores).flatMap((i) =>
          count(rowsPerCore * cores * columnsPerCore).map((e) => {
            const [row, column] = [Math.floor(e / (cores * columnsPerCore)), e % (cores * columnsPerCore)];
            const globalRow = order.indexOf(i) * rowsPerCore + row;
            const [from, within] = [Math.floor(column / columnsPerCore), column % columnsPerCore];
            return 100 * from + 1000 * j + globalRow * columnsPerCore + within;
          }),
        ),
      );
      expectValues(redistribute({ machine: MESH, cores, rows: 2, rowsPerCore, columnsPerCore }), expected);
    }
  });
});

/** Bare instances that fit on 8 x 10 cores. */
function bareExamples(machine: Machine): Example[] {
  const bare = { machine, bare: true };
  const lines = [
    [2, 4],
    [3, 40],
    [8, 16],
    [8, 24],
  ].map(([cores = 2, elements = 1]) => ({ ...bare, cores, elements, rows: 2 }));
  const ring = lines.map((line) => ({ ...line, elements: line.cores * 5 }));
  const trees = [2, 4].map((group) => ({ ...bare, cores: 8, elements: 33, group }));
  const block = { m: 2, k: 3, n: 4 };
  const gemv = { ...bare, columns: 8, rows: 2, inputs: 3, outputs: 20 };
  return [
    ...lines.flatMap((line) => [multicast(line), chainReduce(line), starReduce(line)]),
    ...[2, 4, 8].map((group) => twoPhaseReduce({ ...bare, cores: 8, elements: 37, group })),
    ...ring.map((line) => ringAllReduce(line)),
    ...trees.map((tree) => treeAllReduce(tree)),
    ...[3, 6, 7].map((side) => meshGemm({ ...bare, side, block, aligned: true })),
    ...[3, 6, 7].map((side) => cannonGemm({ ...bare, side, block, aligned: true })),
    meshGemm({ ...bare, side: 6, block }),
    summaGemm({ ...bare, side: 4, block }),
    meshGemv({ ...gemv, group: 4 }),
    meshGemv(gemv),
    meshGemv({ ...gemv, group: 4, type: "f16" }),
    meshGemv({ ...gemv, type: "f16" }),
    redistribute({ ...bare, cores: 7, rows: 2, rowsPerCore: 2, columnsPerCore: 2 }),
  ];
}

// Of 34. Not derived: the product with alignment and that with broadcasts; on cs3, whose sends pause, what is held up on its way; on
// wormhole-like three trees of f32 are contended, on cs2 one of the shifts that wrap around.
const DERIVED = new Map([
  ["mesh16x16", 32],
  ["cs2", 31],
  ["cs3", 24],
  ["wormhole-like", 29],
]);

describe("cycles", () => {
  for (const machine of MACHINES) {
    test(`are those derived, on ${machine.name}`, () => {
      expect(expectCycles(bareExamples(machine))).toBe(DERIVED.get(machine.name));
    });
  }

  test("are none where queues are too short to stream", () => {
    const machine = loadMachine("mesh8x8", ["fabric.linkQueueDepth=1"]);
    expect(bareExamples(machine).map(({ cycles }) => cycles)).toEqual(bareExamples(machine).map(() => undefined));
  });
});

test("the committed files are what the generators make", () => {
  const folder = new URL("../../../../examples/programs/", import.meta.url);
  const files = exampleFiles(({ program, machine }) => {
    return simulateCycle(program, machine, noWeights, { ...noInputs, timingOnly: true }).quiescentCycles ?? 0;
  });
  expect(existsSync(folder) ? readdirSync(folder).sort() : []).toEqual([...files.keys()].sort());
  for (const [name, text] of files) expect(readFileSync(new URL(name, folder), "utf8"), name).toBe(text);
});
