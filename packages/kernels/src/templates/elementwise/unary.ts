/**
 * One function of one operand, element by element, on the tile where it lies. Compound functions are sequences of core instructions, in the
 * order written here (docs/program.md section 8 pins each step): sigmoid = 1/(1+exp(-x)), silu = x*sigmoid(x), gelu =
 * 0.5*(x*(1+erf(x/sqrt 2))), gelu_tanh = 0.5*(x*(1+tanh(sqrt(2/pi)*(x+0.044715*x^3)))), relu = max(x, 0).
 */
import type { UnaryFn } from "@waferc/ir/program";
import { stringParam } from "../../params.ts";
import type { KernelTemplate } from "../../template.ts";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { operandTile, resultTile, scratchLike, whole, type Tile } from "../../emit/tile.ts";
import { from, literal } from "../../emit/views.ts";
import { firstSharding } from "../first-sharding.ts";

const PLAIN: readonly UnaryFn[] = [
  "neg",
  "abs",
  "exp",
  "log",
  "erf",
  "tanh",
  "sin",
  "cos",
  "sqrt",
  "rsqrt",
  "recip",
  "floor",
];

function sigmoid(b: CodeBuilder, x: Tile, out: Tile): void {
  b.unary("neg", whole(out), from(whole(x)));
  b.unary("exp", whole(out), from(whole(out)));
  b.binary("add", whole(out), from(whole(out)), literal(1));
  b.unary("recip", whole(out), from(whole(out)));
}

function gelu(b: CodeBuilder, x: Tile, out: Tile): void {
  b.binary("mul", whole(out), from(whole(x)), literal(Math.SQRT1_2));
  b.unary("erf", whole(out), from(whole(out)));
  b.binary("add", whole(out), from(whole(out)), literal(1));
  b.binary("mul", whole(out), from(whole(x)), from(whole(out)));
  b.binary("mul", whole(out), from(whole(out)), literal(0.5));
}

function geluTanh(b: CodeBuilder, x: Tile, out: Tile): void {
  b.binary("mul", whole(out), from(whole(x)), from(whole(x)));
  b.binary("mul", whole(out), from(whole(out)), from(whole(x)));
  b.binary("mul", whole(out), from(whole(out)), literal(0.044715));
  b.binary("add", whole(out), from(whole(x)), from(whole(out)));
  b.binary("mul", whole(out), from(whole(out)), literal(Math.sqrt(2 / Math.PI)));
  b.unary("tanh", whole(out), from(whole(out)));
  b.binary("add", whole(out), from(whole(out)), literal(1));
  b.binary("mul", whole(out), from(whole(x)), from(whole(out)));
  b.binary("mul", whole(out), from(whole(out)), literal(0.5));
}

const COMPOUND: { readonly [fn: string]: (b: CodeBuilder, x: Tile, out: Tile) => void } = {
  sigmoid,
  silu(b, x, out) {
    const s = scratchLike(b, "sigmoid", x);
    sigmoid(b, x, s);
    b.binary("mul", whole(out), from(whole(x)), from(whole(s)));
  },
  gelu,
  gelu_tanh: geluTanh,
  relu: (b, x, out) => b.binary("max", whole(out), from(whole(x)), literal(0)),
};

export const UNARY_FUNCTIONS: readonly string[] = [...PLAIN, ...Object.keys(COMPOUND)];

export const unary: KernelTemplate = {
  name: "elementwise.unary",
  summary: "one function of one operand, where it lies",
  channels: () => [],
  shardResults: firstSharding,
  emit(kernel, _tensors, b) {
    const fn = stringParam(kernel, "fn");
    const x = operandTile(b, kernel, 0);
    const out = resultTile(b, kernel);
    const compound = COMPOUND[fn];
    if (compound !== undefined) return compound(b, x, out);
    const plain = PLAIN.find((name) => name === fn);
    if (plain === undefined) throw new RangeError(`elementwise.unary has no function "${fn}"`);
    b.unary(plain, whole(out), from(whole(x)));
  },
};
