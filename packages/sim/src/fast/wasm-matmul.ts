// Unfused tile matrix multiply-accumulate in WebAssembly, with the order and the roundings of its twin ../kernels/matmul.ts.
// JavaScript rounds to f32 by converting there and back; this does not have to. Lanes of a vector are columns of dst, so every
// element still takes its products in ascending l. Words are addressed as in the pool; strides are in words.
import type { MatrixView } from "../kernels/matmul.ts";
import {
  add,
  addF32,
  addF32x4,
  assemble,
  type Code,
  constF32,
  constV128,
  doLoop,
  equalF32,
  equalF32x4,
  F32,
  get,
  I32,
  i32,
  lessThan,
  loadF32,
  loadSplat,
  loadV128,
  multiplyF32,
  multiplyF32x4,
  select,
  selectBits,
  set,
  shiftLeft,
  storeF32,
  storeV128,
  subtract,
  V128,
  whileLoop,
} from "./wasm.ts";
import { PAGE_BYTES, WebAssembly } from "../wasm-api.ts";

/** dst += a * b, for m, k, n of at least 1; `a` and `b` do not overlap `dst`. */
export type Matmul = (m: number, k: number, n: number, dst: MatrixView, a: MatrixView, b: MatrixView) => void;

/** Memory of at least `words` words with a matmul on it; undefined where WebAssembly cannot give it. */
export function allocatePool(words: number): { readonly buffer: ArrayBuffer; readonly matmul: Matmul } | undefined {
  const memory = allocateMemory(Math.ceil((words * 4) / PAGE_BYTES));
  if (!memory || !WebAssembly) return undefined;
  const bytes = assemble({ params: PARAMS, locals: LOCALS, body: BODY });
  if (!WebAssembly.validate(bytes)) return undefined;
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(bytes), { env: { memory } });
  const run = exports["run"] as (...args: number[]) => void;
  return {
    buffer: memory.buffer,
    matmul: (m, k, n, dst, a, b) => {
      const isContiguous = dst.column === 1 && b.column === 1 ? 1 : 0;
      const { start, row, column } = b;
      run(m, k, n, dst.start, dst.row, dst.column, a.start, a.row, a.column, start, row, column, isContiguous);
    },
  };
}

/** A memory reserves more addresses than it has pages, so that this can fail where an array would not. */
function allocateMemory(pages: number): { readonly buffer: ArrayBuffer } | undefined {
  try {
    return WebAssembly && new WebAssembly.Memory({ initial: pages });
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

const NAN_BYTES = [0x00, 0x00, 0xc0, 0x7f] as const;
const NAN = constF32(...NAN_BYTES);
const NANS = constV128(...NAN_BYTES, ...NAN_BYTES, ...NAN_BYTES, ...NAN_BYTES);

// Locals: parameters, then places. Words become bytes on entry.
const [M, K, N, DST, DST_ROW, DST_COLUMN] = [0, 1, 2, 3, 4, 5];
const [A, A_ROW, A_COLUMN, B, B_ROW, B_COLUMN, IS_CONTIGUOUS] = [6, 7, 8, 9, 10, 11, 12];
const PARAMS = 13;
/** Columns left; where the row of dst and the column of b begin; l, and where a and b are. */
const [LEFT, D, COLUMN, L, LEFT_AT, RIGHT_AT] = [13, 14, 15, 16, 17, 18];
const [SUM0, SUM1, FACTOR, SUM] = [19, 20, 21, 22];
const LOCALS = [...new Array<number>(6).fill(I32), V128, V128, V128, F32];

const step = (local: number, by: Code): Code => set(local, add(get(local), by));
const bytesOf = (local: number): Code => set(local, shiftLeft(get(local), 2));

/** Runs over l with `body` for each, which reads LEFT_AT and RIGHT_AT. */
const forEachL = (body: Code): Code => [
  set(L, get(K)),
  set(LEFT_AT, get(A)),
  set(RIGHT_AT, get(COLUMN)),
  doLoop([body, step(LEFT_AT, get(A_COLUMN)), step(RIGHT_AT, get(B_ROW)), step(L, i32(-1))], get(L)),
];

/** `count` columns done. */
const nextColumns = (count: number): Code => [
  step(D, shiftLeft(get(DST_COLUMN), Math.log2(count))),
  step(COLUMN, shiftLeft(get(B_COLUMN), Math.log2(count))),
  step(LEFT, i32(-count)),
];

const canonical = (sum: number): Code => selectBits(get(sum), NANS, equalF32x4(get(sum), get(sum)));
const accumulate = (sum: number, offset: number): Code =>
  set(sum, addF32x4(get(sum), multiplyF32x4(get(FACTOR), loadV128(get(RIGHT_AT), offset))));

const EIGHT_COLUMNS: Code = [
  set(SUM0, loadV128(get(D))),
  set(SUM1, loadV128(get(D), 16)),
  forEachL([set(FACTOR, loadSplat(get(LEFT_AT))), accumulate(SUM0, 0), accumulate(SUM1, 16)]),
  storeV128(get(D), canonical(SUM0)),
  storeV128(get(D), canonical(SUM1), 16),
  nextColumns(8),
];

const FOUR_COLUMNS: Code = [
  set(SUM0, loadV128(get(D))),
  forEachL([set(FACTOR, loadSplat(get(LEFT_AT))), accumulate(SUM0, 0)]),
  storeV128(get(D), canonical(SUM0)),
  nextColumns(4),
];

const ONE_COLUMN: Code = [
  set(SUM, loadF32(get(D))),
  forEachL(set(SUM, addF32(get(SUM), multiplyF32(loadF32(get(LEFT_AT)), loadF32(get(RIGHT_AT)))))),
  storeF32(get(D), select(get(SUM), NAN, equalF32(get(SUM), get(SUM)))),
  nextColumns(1),
];

/** Whether `count` columns can be done at once: as many are left, and they are neighbours. */
const canDo = (count: number): Code => lessThan(i32(count - 1), select(get(LEFT), i32(0), get(IS_CONTIGUOUS)));

const BODY: Code = [
  [DST, DST_ROW, DST_COLUMN, A, A_ROW, A_COLUMN, B, B_ROW, B_COLUMN].map(bytesOf),
  doLoop(
    [
      set(LEFT, get(N)),
      set(D, get(DST)),
      set(COLUMN, get(B)),
      whileLoop(canDo(8), EIGHT_COLUMNS),
      whileLoop(canDo(4), FOUR_COLUMNS),
      whileLoop(get(LEFT), ONE_COLUMN),
      step(DST, get(DST_ROW)),
      step(A, get(A_ROW)),
      set(M, subtract(get(M), i32(1))),
    ],
    get(M),
  ),
];
