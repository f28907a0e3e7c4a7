// Random graphs for property tests: well-formed by construction, with every kind of attribute, holes, symbols and nested
// blocks, but without meaning. Only tests import it.
import type { Rng } from "@waferc/base";
import { fullTensor, makeTensor, tensorOf } from "@waferc/numerics";
import type { DType, Tensor } from "@waferc/numerics";
import { attr } from "./attr.ts";
import type { Attr } from "./attr.ts";
import { GraphBuilder } from "./builder.ts";
import type { Block, Graph, ValueId, ValueType, Wrapper } from "./graph.ts";
import { sourceOf } from "./source.ts";

const DTYPES = ["f32", "f16", "bf16", "f64", "i64", "i32", "u8", "bool"] as const satisfies readonly DType[];
const DIMS = [1, 2, 3, 128, "batch", "past + 1", "?", "0"] as const;
const WRAPPERS: readonly (readonly Wrapper[])[] = [["sequence"], ["optional"], ["optional", "sequence"]];
const NAMES = ["x", "/layer.0/attn/MatMul_output_0", 'quo"te', "12", "", "val_7", "süß", "a-b", "line\nend"] as const;

export function randomGraph(rng: Rng, opCount = rng.below(12)): Graph {
  const builder = new GraphBuilder(rng.pick(NAMES), [["", 17]]);
  if (rng.chance(0.5)) builder.opsets.set(rng.pick(["com.microsoft", "pkg.torch.2.4.1+cu121"]), 1);
  const values: ValueId[] = [];
  for (let i = rng.below(3); i >= 0; i--) values.push(builder.addInput(`${rng.pick(NAMES)}${i}`, randomType(rng)));
  for (let i = rng.below(3); i > 0; i--) values.push(builder.addConstant(rng.pick(NAMES), sourceOf(randomTensor(rng))));
  addOps(builder, rng, values, opCount);
  for (let i = 0; i < 2; i++) builder.addOutput(`${rng.pick(NAMES)}${i}`, rng.pick(values));
  return builder.freeze();
}

function addOps(builder: GraphBuilder, rng: Rng, values: ValueId[], count: number, home?: Block): void {
  for (let i = 0; i < count; i++) {
    const attrs = new Map<string, Attr>();
    for (let j = rng.below(4); j > 0; j--) attrs.set(rng.pick(["axis", "to", "perm", "a b"]), randomAttr(rng));
    if (count > 2 && rng.chance(0.15)) attrs.set("body", attr.block(randomBlock(builder, rng, values)));
    const isCustom = builder.opsets.size > 1 && rng.chance(0.3);
    const op = builder.addOp({
      domain: isCustom ? [...builder.opsets.keys()][1] : "",
      kind: rng.pick(["MatMul", "Add", "If", "aten_add|folded_3"]),
      version: isCustom ? 1 : rng.between(1, 17),
      attrs,
      operands: Array.from({ length: rng.below(4) }, () => (rng.chance(0.2) ? undefined : rng.pick(values))),
      results: Array.from({ length: rng.between(1, 3) }, () =>
        rng.chance(0.1) ? undefined : { ...randomType(rng), name: rng.pick(NAMES) },
      ),
      loc: rng.chance(0.7) ? [rng.pick(NAMES), "second"].slice(0, rng.between(1, 2)) : [],
      from: rng.chance(0.3) ? "fold-constants" : undefined,
      block: home,
    });
    for (const id of op.results) if (id !== undefined) values.push(id);
  }
}

function randomBlock(builder: GraphBuilder, rng: Rng, outer: readonly ValueId[]): Block {
  const block = builder.addBlock(rng.pick(NAMES));
  const visible = [...outer];
  for (let i = rng.below(3); i > 0; i--)
    visible.push(builder.addParam(block, { ...randomType(rng), name: rng.pick(NAMES) }));
  addOps(builder, rng, visible, rng.below(3), block);
  for (let i = rng.below(3); i > 0; i--) builder.addResult(block, rng.pick(visible));
  return block;
}

function randomType(rng: Rng): ValueType {
  const shape = Array.from({ length: rng.below(4) }, () => rng.pick(DIMS));
  const type = { dtype: rng.chance(0.1) ? undefined : rng.pick(DTYPES), shape: rng.chance(0.1) ? undefined : shape };
  return rng.chance(0.1) ? { ...type, wrappers: rng.pick(WRAPPERS) } : type;
}

function randomTensor(rng: Rng): Tensor {
  if (rng.chance(0.1)) return tensorOf("string", [2], [rng.pick(NAMES), "b"]);
  if (rng.chance(0.1)) return makeTensor("u4", [3], new Uint8Array([rng.below(256), rng.below(16)]));
  const dtype = rng.pick(DTYPES);
  const shape = Array.from({ length: rng.below(3) }, () => rng.below(6));
  if (rng.chance(0.3)) return fullTensor(dtype, shape, dtype === "i64" || dtype === "u8" || dtype === "i32" ? 7 : -0);
  const count = shape.reduce((a, b) => a * b, 1);
  const special = [0, -0, 1 / 3, Infinity, -Infinity, NaN, 65504, 1e-40, -1.5];
  const isWhole = dtype === "i64" || dtype === "u8" || dtype === "i32" || dtype === "bool";
  return tensorOf(
    dtype,
    shape,
    Array.from({ length: count }, () => (isWhole ? rng.below(100) : rng.pick(special))),
  );
}

function randomAttr(rng: Rng): Attr {
  const length = rng.below(3);
  const many = <T>(item: () => T): T[] => Array.from({ length }, item);
  const makers: readonly (() => Attr)[] = [
    () => attr.int(rng.pick([0n, -1n, 2n ** 63n - 1n, -(2n ** 63n)])),
    () => attr.ints(many(() => rng.between(-3, 3))),
    () => attr.float(rng.pick([0.1, -0, Infinity, -Infinity, NaN, 1e-12, 3])),
    () => attr.floats(many(() => rng.normal())),
    () => attr.string(rng.pick(NAMES)),
    () => attr.strings(many(() => rng.pick(NAMES))),
    () => attr.type(randomType(rng)),
    () => attr.tensor(sourceOf(randomTensor(rng))),
    () => ({ type: "tensors", value: many(() => sourceOf(randomTensor(rng))) }),
  ];
  return rng.pick(makers)();
}
