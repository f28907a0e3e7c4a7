// A small part of `npm run evidence -- faults`.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { MUTATORS } from "../programs/mutants/mutators.ts";
import { failuresOf, kindsBeside, sweepFaults, sweepRandomPrograms } from "./faults.ts";
import { modelSubject, TINYWORLD_4X4 } from "./faults-subjects.ts";
import { undocumentedKinds } from "./faults-table.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));
const FAULTS_OF_A_KIND = 3;

test("no fault in tinyworld's program passes silently; kinds without a place there, in random programs", () => {
  const options = { count: FAULTS_OF_A_KIND, runsRejected: false };
  const compiled = sweepFaults(modelSubject(TINYWORLD_4X4, ROOT), options);
  const others = sweepRandomPrograms(kindsBeside(compiled), options);
  const kinds = [...compiled, ...others];
  expect([...failuresOf(kinds), ...undocumentedKinds(kinds)]).toEqual([]);
  expect(kinds.length).toBe(MUTATORS.length);
  for (const { kind, judgements } of others) expect(judgements.length, kind).toBe(FAULTS_OF_A_KIND);
  // A checker or engine that finds nothing would make every fault of a weight visible and every other one equal.
  const verdicts = compiled.flatMap(({ judgements }) => judgements.map(({ verdict }) => verdict));
  expect(verdicts.filter((verdict) => verdict === "rejected").length).toBeGreaterThan(verdicts.length / 2);
}, 240_000);
