// The tree of causes: segments without gaps, and collection that loses only what nothing refers to.
import { describe, expect, test } from "vitest";
import { PATH_MOVE, PATH_RUN, PATH_TRAVEL, PathTree } from "../path-tree.ts";

describe("PathTree", () => {
  test("joins stretches of one thing and drops empty ones", () => {
    const tree = new PathTree();
    const root = tree.add(-1, 0, 7, PATH_RUN, 0);
    const again = tree.add(root, 5, 7, PATH_RUN, 0);
    const empty = tree.add(again, 9, 7, PATH_MOVE, 3);
    const last = tree.add(empty, 9, 7, PATH_TRAVEL, 3);
    expect(tree.segments(last, 12)).toEqual([
      { kind: PATH_RUN, subject: 7, step: 0, from: 0, to: 9 },
      { kind: PATH_TRAVEL, subject: 7, step: 3, from: 9, to: 12 },
    ]);
  });

  test("collection keeps the ancestors of what is referred to", () => {
    const tree = new PathTree();
    let kept = -1;
    let lost = -1;
    for (let i = 0; i < 1000; i++) {
      if (i % 10 === 0) kept = tree.add(kept, i, i, PATH_RUN, 0);
      else lost = tree.add(kept, i, i, PATH_MOVE, 1);
    }
    expect(lost).toBeGreaterThan(kept);
    const before = tree.segments(kept, 1000);
    tree.collect((move) => {
      kept = move(kept);
      expect(move(-1)).toBe(-1);
    });
    expect(kept).toBe(99);
    expect(tree.segments(kept, 1000)).toEqual(before);
  });

  test("asks for collection when it has grown, and less often if much is kept", () => {
    const tree = new PathTree();
    let last = -1;
    while (!tree.needsCollection) last = tree.add(last, 0, 0, PATH_RUN, 0);
    tree.collect((move) => (last = move(last)));
    expect(tree.needsCollection).toBe(false);
  });
});
