import { describe, expect, test } from "vitest";
import {
  coreCount,
  coreSetBounds,
  coreSetContains,
  enumerateCores,
  firstCommonCore,
  indexInCoreSet,
  rectOfCores,
} from "./core-set.ts";
import type { CoreSet } from "./program.ts";

const CORES: CoreSet = [{ x: 1, y: 0, w: 2, h: 2, dx: 2, dy: 3 }, rectOfCores(0, 1, 1, 2)];

describe("core sets", () => {
  test("enumerate rectangle by rectangle, x fastest", () => {
    const cores = [...enumerateCores(CORES)].map(({ x, y }) => `${x},${y}`);
    expect(cores).toEqual(["1,0", "3,0", "1,3", "3,3", "0,1", "0,2"]);
    expect(coreCount(CORES)).toBe(6);
  });

  test("know the index of each of their cores and of no other", () => {
    let found = 0;
    for (let y = -1; y < 6; y++) {
      for (let x = -1; x < 6; x++) {
        const index = indexInCoreSet(CORES, x, y);
        expect(index >= 0).toBe(coreSetContains(CORES, x, y));
        if (index < 0) continue;
        expect([...enumerateCores(CORES)][index]).toEqual({ x, y });
        found++;
      }
    }
    expect(found).toBe(6);
  });

  test("bound and intersect", () => {
    expect(coreSetBounds(CORES)).toEqual({ x: { min: 0, max: 3 }, y: { min: 0, max: 3 } });
    expect(coreSetBounds([])).toBeUndefined();
    expect(firstCommonCore(CORES, [{ x: 0, y: 3, w: 9, h: 1, dx: 3, dy: 1 }])).toEqual({ x: 3, y: 3 });
    expect(firstCommonCore(CORES, [rectOfCores(2, 0, 1, 4)])).toBeUndefined();
  });
});
