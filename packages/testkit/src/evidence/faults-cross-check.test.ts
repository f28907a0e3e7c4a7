// A small part of the cross-check in `npm run evidence -- faults`.
import { expect, test } from "vitest";
import { crossCheckFaults } from "./faults-cross-check.ts";

const PROGRAMS = 3;

test(`checker, engines and terms do not contradict each other over faults in ${PROGRAMS} random programs`, () => {
  const { verdicts, contradictions } = crossCheckFaults({ count: PROGRAMS, from: 100, maxExtent: 3 });
  expect(contradictions).toEqual([]);
  // Neither side refuses everything.
  expect(verdicts.get("malformed")).toBeGreaterThan(0);
  expect(verdicts.get("legal, other values")).toBeGreaterThan(0);
  expect(verdicts.get("illegal, fault")).toBeGreaterThan(0);
}, 240_000);
