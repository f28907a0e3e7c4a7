// A small part of `npm run evidence -- models`.
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { BERT } from "./compile-model.ts";
import { compareModel } from "./models.ts";

const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

test("values of a compiled model do not depend on time", () => {
  expect(compareModel(BERT, ROOT, { schedules: 1, perturbations: 3, firstPerturbation: 12 }).differences).toEqual([]);
}, 120_000);
