// The WebAssembly matmul against its twin in JavaScript, bit for bit, on all kinds of shapes, strides and values.
import { Rng } from "@waferc/base";
import { expect, test } from "vitest";
import { matmul, type MatrixView } from "../kernels/matmul.ts";
import { allocatePool } from "./wasm-matmul.ts";

const WORDS = 6000;

function randomValue(rng: Rng): number {
  switch (rng.below(12)) {
    case 0:
      return 0;
    case 1:
      return -0;
    case 2:
      return rng.pick([NaN, Infinity, -Infinity, 1e-45, -3e-39, 3e38]);
    default:
      return (rng.float() - 0.5) * 2 ** (rng.below(12) - 6);
  }
}

/** Rows or columns are neighbours, with or without gaps. */
function randomMatrix(rng: Rng, start: number, rows: number, columns: number): MatrixView {
  const gap = rng.below(3);
  if (rng.below(3) > 0) return { start, row: columns + gap, column: 1 };
  return rng.below(2) > 0 ? { start, row: 1, column: rows + gap } : { start, row: 2 * columns + gap, column: 2 };
}

test("is bit-equal to its twin", () => {
  const pool = allocatePool(WORDS);
  expect(pool).toBeDefined();
  const rng = new Rng("matmul");
  const [words, floats] = [new Int32Array(pool!.buffer, 0, WORDS), new Float32Array(pool!.buffer, 0, WORDS)];
  for (let round = 0; round < 400; round++) {
    const [m, k, n] = [1 + rng.below(6), 1 + rng.below(9), 1 + rng.below(22)];
    for (let i = 0; i < WORDS; i++) floats[i] = round % 4 === 0 ? randomValue(rng) : rng.float() - 0.5;
    const copy = words.slice();
    const expected = { words: copy, floats: new Float32Array(copy.buffer), halves: new Uint16Array(copy.buffer) };
    const [dst, a, b] = [
      randomMatrix(rng, rng.below(9), m, n),
      randomMatrix(rng, 2000 + rng.below(9), m, k),
      randomMatrix(rng, 4000 + rng.below(9), k, n),
    ];
    pool!.matmul(m, k, n, dst, a, b);
    matmul(expected, false, m, k, n, dst, a, b);
    expect(
      words.findIndex((word, i) => word !== expected.words[i]),
      `round ${round}`,
    ).toBe(-1);
  }
});
