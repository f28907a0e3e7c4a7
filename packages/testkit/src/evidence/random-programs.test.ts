// A small part of `npm run evidence -- programs`: few perturbed machines for each program, all of them over the sweep.
import { expect, test } from "vitest";
import { rareFeatures, sweepPrograms } from "./random-programs.ts";

const PROGRAMS = 60;

test(`values of ${PROGRAMS} random programs do not depend on time, and fast counts what cycle counts without contention`, () => {
  const sweep = sweepPrograms({ count: PROGRAMS, engines: { schedules: 2, perturbations: 4 } });
  expect(sweep.differences).toEqual([]);
  expect(rareFeatures(sweep)).toEqual([]);
}, 120_000);
