// Affine splits and cells: an operand has the value of its expression, on every core and in every iteration.
import { Rng } from "@waferc/base";
import { evaluateExpr, type Expr } from "@waferc/ir/program";
import { expect, test } from "vitest";
import { splitAffine } from "./affine.ts";
import { CellBuilder, evaluateOperand } from "./cells.ts";

const SLOTS = new Map([
  ["x", 0],
  ["y", 1],
  ["p", 2],
  ["i", 3],
  ["j", 5],
]);

function randomExpr(rng: Rng, depth: number): Expr {
  const number = () => rng.below(9) - 4;
  if (depth === 0 || rng.below(4) === 0) {
    if (rng.below(4) === 0) return { kind: "const", value: number() };
    return { kind: "var", name: ["x", "y", "p", "s", "i", "j"][rng.below(6)]! };
  }
  const part = () => randomExpr(rng, depth - 1);
  switch (rng.below(6)) {
    case 0:
    case 1:
      return { kind: "add", terms: Array.from({ length: rng.below(4) }, part) };
    case 2:
      return { kind: "mul", factor: rng.below(2) === 0 ? "p" : number(), of: part() };
    case 3:
      return { kind: "floordiv", of: part(), by: 1 + rng.below(4) };
    case 4:
      return { kind: "mod", of: part(), by: 1 + rng.below(4) };
    default:
      return { kind: rng.below(2) === 0 ? "min" : "max", args: [part(), part()] };
  }
}

test("operands have the values of random expressions", () => {
  const rng = new Rng("cells");
  for (let n = 0; n < 500; n++) {
    const expr = randomExpr(rng, 4);
    const builder = new CellBuilder({ slots: SLOTS, steps: new Map([["s", 3]]) }, ["p"], 2);
    builder.enterLoop("i", 3);
    builder.enterLoop("j", 5);
    const operand = builder.operand(expr);
    const cells = builder.finish();
    for (let core = 0; core < 3; core++) {
      const frames = Int32Array.of(rng.below(7), rng.below(7), rng.below(9) - 4, 0, 0, 0, 0);
      const rows = Int32Array.from([0, 0, ...cells.cells.map((evaluate) => evaluate(frames, 0))]);
      for (let iteration = 0; iteration < 4; iteration++) {
        frames[3] = rng.below(9);
        frames[5] = rng.below(9);
        const env = new Map([...SLOTS].map(([name, slot]) => [name, frames[slot]!]));
        const expected = evaluateExpr(expr, env.set("s", 3));
        expect(evaluateOperand(operand, cells, rows, 0, frames, 0)).toBe(expected);
      }
    }
  }
});

test("what is fixed on a core is a cell, and equal expressions share one", () => {
  const builder = new CellBuilder({ slots: SLOTS, steps: new Map() }, ["p"], 0);
  const perCore: Expr = { kind: "mod", of: { kind: "var", name: "x" }, by: 3 };
  expect(builder.operand(perCore)).toBe(0);
  expect(builder.operand({ ...perCore })).toBe(0);
  builder.enterLoop("i", 3);
  expect(builder.operand({ kind: "var", name: "i" })).toBeLessThan(0);
});

test("a loop variable under mod is not linear, but one beside it is", () => {
  const isLoop = (name: string) => name === "i";
  const i: Expr = { kind: "var", name: "i" };
  expect(splitAffine({ kind: "mod", of: i, by: 2 }, isLoop)).toBeUndefined();
  const mod: Expr = { kind: "mod", of: { kind: "var", name: "x" }, by: 2 };
  const split = splitAffine({ kind: "add", terms: [mod, { kind: "mul", factor: 3, of: i }] }, isLoop);
  expect(split).toEqual({ base: mod, terms: [{ variable: "i", coefficient: { kind: "const", value: 3 } }] });
});
