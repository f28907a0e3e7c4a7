// A small part of `npm run evidence -- graphs`.
import { expect, test } from "vitest";
import { graphFailures, sweepGraphs } from "./random-graphs.ts";

const GRAPHS = 30;

test(`${GRAPHS} random graphs compile and match the reference evaluator`, () => {
  expect(graphFailures(sweepGraphs({ count: GRAPHS, enginesEvery: 10 }))).toEqual([]);
}, 120_000);
