// MatMulInteger, its cast to float and the scales behind it become MatMul of two DequantizeLinear. The scale of the left operand
// is that of the DynamicQuantizeLinear which made it, if it is among the factors; the other factors are the right one's.
import { attr, attrsOf, type Op, type ValueId } from "@waferc/ir/graph";
import { fullTensor, isFloat, tensorOf } from "@waferc/numerics";
import type { NoOptions, Pass } from "../pass.ts";
import { powerProductOf, isPrivatePath } from "./power-product.ts";
import { Rewriter } from "./rewriter.ts";

export const recognizeQuantizedProducts: Pass<"graph", "graph", NoOptions> = {
  name: "recognize-quantized-products",
  from: "graph",
  to: "graph",
  summary: "Write integer products with scales as products of DequantizeLinear",
  requires: ["shapes-known", "constants-folded"],
  establishes: [],
  options: {},
  run(input, _options, { stats }) {
    const rewriter = new Rewriter(input, this.name);
    for (const root of rewriter.graph.ops.toReversed()) if (rewriteProduct(rewriter, root)) stats.add("MatMul", 1);
    return rewriter.finish();
  },
};

interface Scaled {
  readonly product: Op;
  readonly number: number;
  /** The factors beside the product. */
  readonly scales: readonly ValueId[];
  readonly ops: readonly Op[];
}

function rewriteProduct(rewriter: Rewriter, root: Op): boolean {
  const [result] = root.results;
  if (root.domain !== "" || root.kind !== "Mul" || result === undefined || !rewriter.graph.hasUses(result))
    return false;
  const found = matchScaled(rewriter, result);
  const made = found === undefined ? undefined : emitProduct(rewriter, found);
  return made !== undefined && rewriter.replace(result, made);
}

function matchScaled(rewriter: Rewriter, root: ValueId): Scaled | undefined {
  const { graph } = rewriter;
  const { number, factors, ops } = powerProductOf(graph, root);
  if (factors.some(({ exponent }) => exponent !== 1)) return undefined;
  for (const factor of factors) {
    const cast = graph.producer(factor.value);
    const product = cast?.kind === "Cast" && cast.domain === "" ? graph.producer(cast.operands[0]) : undefined;
    if (cast === undefined || product?.kind !== "MatMulInteger" || product.domain !== "") continue;
    if (!isPrivatePath(graph, [...factor.path, cast, product])) continue;
    const scales = factors.filter((other) => other !== factor).map(({ value }) => value);
    return { product, number, scales, ops: [...ops, cast, product] };
  }
  return undefined;
}

function emitProduct(rewriter: Rewriter, { product, number, scales, ops }: Scaled): ValueId | undefined {
  const { graph } = rewriter;
  const [a, b, aZero, bZero] = product.operands;
  const columns = rewriter.shapeOf(b)?.at(-1);
  const [first] = scales;
  const dtype = first === undefined ? undefined : rewriter.dtypeOf(first);
  if (a === undefined || b === undefined || columns === undefined || dtype === undefined || !isFloat(dtype))
    return undefined;
  const maker = graph.producer(a);
  const own = maker?.kind === "DynamicQuantizeLinear" ? maker.results[1] : undefined;
  const aScale = scales.find((scale) => scale === own) ?? rewriter.constant("one", fullTensor(dtype, [], 1));
  const bScales = scales.filter((scale) => scale !== own);
  const areColumns = bScales.every((scale) => isColumns(rewriter.shapeOf(scale), columns));
  if (!areColumns || !isSingle(rewriter, aZero) || !isColumns(shapeOrScalar(rewriter, bZero), columns))
    return undefined;
  const bScale = bScales.reduce(
    (product, scale) => rewriter.emit("Mul", [product, scale]),
    rewriter.constant("factor", fullTensor(dtype, [], number)),
  );
  const left = rewriter.emit("DequantizeLinear", [a, scalarOf(rewriter, aScale), scalarOf(rewriter, aZero)], {
    covers: ops,
  });
  const right = dequantizeColumns(rewriter, { value: b, scale: bScale, zeroPoint: bZero, columns, ops });
  return rewriter.emit("MatMul", [left, right], { covers: ops });
}

/** One for all, or a vector of the columns' length, seen from the back. */
function isColumns(shape: readonly number[] | undefined, columns: number): boolean {
  const last = shape?.at(-1) ?? 1;
  return shape?.slice(0, -1).every((length) => length === 1) === true && (last === 1 || last === columns);
}

function shapeOrScalar(rewriter: Rewriter, id: ValueId | undefined): readonly number[] | undefined {
  return id === undefined ? [] : rewriter.shapeOf(id);
}

function isSingle(rewriter: Rewriter, id: ValueId | undefined): boolean {
  return shapeOrScalar(rewriter, id)?.every((length) => length === 1) === true;
}

function reshaped(rewriter: Rewriter, id: ValueId, shape: readonly number[]): ValueId {
  if (rewriter.shapeOf(id)?.join() === shape.join()) return id;
  return rewriter.emit("Reshape", [id, rewriter.constant("shape", tensorOf("i64", [shape.length], shape))]);
}

function scalarOf(rewriter: Rewriter, id: ValueId | undefined): ValueId | undefined {
  return id === undefined ? undefined : reshaped(rewriter, id, []);
}

interface Columns {
  readonly value: ValueId;
  readonly scale: ValueId;
  readonly zeroPoint: ValueId | undefined;
  readonly columns: number;
  readonly ops: readonly Op[];
}

/** With one scale for all, or scales and zero points for each column. */
function dequantizeColumns(rewriter: Rewriter, { value, scale, zeroPoint, columns, ops }: Columns): ValueId {
  const given = [scale, zeroPoint];
  const count = (id: ValueId): number => (rewriter.shapeOf(id) ?? []).reduce((a, b) => a * b, 1);
  if (given.every((id) => id === undefined || count(id) === 1)) {
    return rewriter.emit("DequantizeLinear", [value, ...given.map((id) => scalarOf(rewriter, id))], { covers: ops });
  }
  const target = rewriter.constant("shape", tensorOf("i64", [1], [columns]));
  const wide = given.map((id) => {
    if (id === undefined) return undefined;
    return count(id) === 1
      ? rewriter.emit("Expand", [reshaped(rewriter, id, [1]), target])
      : reshaped(rewriter, id, [columns]);
  });
  const axis = (rewriter.shapeOf(value)?.length ?? 1) - 1;
  return rewriter.emit("DequantizeLinear", [value, ...wide], { attrs: attrsOf({ axis: attr.int(axis) }), covers: ops });
}
