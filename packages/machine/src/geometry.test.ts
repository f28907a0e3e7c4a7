import { describe, expect, test } from "vitest";
import { hasHostPort, isDeadCore, isDeadLink } from "./defects.ts";
import { coordOfIndex, coreIndex, LINK_DIRECTIONS, neighborOf, oppositeDirection, rectsOverlap } from "./geometry.ts";
import { loadMachine } from "./load.ts";

describe("neighborOf", () => {
  test("going there and back ends where it began", () => {
    const grid = { width: 3, height: 2 };
    for (let index = 0; index < 6; index++) {
      const { x, y } = coordOfIndex(grid, index);
      for (const direction of LINK_DIRECTIONS) {
        const there = neighborOf(grid, x, y, direction);
        if (!there) continue;
        expect(neighborOf(grid, there.x, there.y, oppositeDirection(direction))).toEqual({ x, y });
      }
      expect(coreIndex(grid, x, y)).toBe(index);
    }
    expect(neighborOf(grid, 0, 0, "north")).toBeUndefined();
    expect(neighborOf(grid, 2, 1, "east")).toBeUndefined();
  });
});

describe("rectsOverlap", () => {
  test("touching rectangles do not overlap", () => {
    expect(rectsOverlap({ x: 0, y: 0, w: 2, h: 2 }, { x: 2, y: 0, w: 1, h: 1 })).toBe(false);
    expect(rectsOverlap({ x: 0, y: 0, w: 2, h: 2 }, { x: 1, y: 1, w: 5, h: 1 })).toBe(true);
  });
});

describe("defects and host ports", () => {
  test("are found where the machine declares them", () => {
    const machine = loadMachine("mesh4x4", [
      'defects.cores=[{"x":1,"y":2}]',
      'defects.links=[{"x":3,"y":0,"direction":"south"}]',
    ]);
    expect(isDeadCore(machine, 1, 2)).toBe(true);
    expect(isDeadCore(machine, 2, 1)).toBe(false);
    expect(isDeadLink(machine, 3, 0, "south")).toBe(true);
    expect(isDeadLink(machine, 3, 1, "north")).toBe(false);
    expect(hasHostPort(machine, 0, 3, "west")).toBe(true);
    expect(hasHostPort(machine, 1, 3, "west")).toBe(false);
    expect(hasHostPort(machine, 0, 0, "north")).toBe(false);
  });
});
