// A small part of `npm run evidence -- faults`.
import { expect, test } from "vitest";
import { crossCheckFaults } from "./faults-cross-check.ts";

test("checker, engines and terms do not contradict each other on random programs with a fault", () => {
  const { verdicts, contradictions } = crossCheckFaults({ count: 5, from: 1000 });
  expect(contradictions).toEqual([]);
  expect(verdicts.get("illegal, fault") ?? 0).toBeGreaterThan(50);
  expect(verdicts.get("legal, other values") ?? 0).toBeGreaterThan(10);
}, 120_000);
