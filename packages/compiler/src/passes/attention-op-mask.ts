// The mask of an Attention op of opset 23 to 25 in the canonical form: what masks keys is in one operand, but for is_causal.
import { intAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { attr, attrsOf } from "@waferc/ir/graph";
import { fullTensor, tensorOf } from "@waferc/numerics";
import { sumMasks } from "./attention-mask.ts";
import type { Rewriter } from "./rewriter.ts";

const MASK = 3;
const COUNTED = 6;

interface Sizes {
  readonly queries: number;
  readonly keys: number;
  /** Key that the first query is aligned with. */
  readonly offset: number;
}

/** Whether the mask covers every key and is one that lowering takes: additive, or constant. */
export function isMaskCanonical(rewriter: Rewriter, op: Op): boolean {
  const mask = op.operands[MASK];
  if (mask === undefined) return true;
  const keys = (rewriter.shapeOf(op.operands[1])?.[1] ?? 0) + (rewriter.shapeOf(op.operands[4])?.[2] ?? 0);
  const width = rewriter.shapeOf(mask)?.at(-1) ?? 1;
  const isBool = rewriter.dtypeOf(mask) === "bool" && rewriter.graph.constant(mask) === undefined;
  return !isBool && (width === 1 || width === keys);
}

/** The mask, and whether the op still is causal; undefined if a length is not known. */
export function opMask(
  rewriter: Rewriter,
  op: Op,
  sizes: Sizes,
  covers: readonly Op[],
): { readonly mask: ValueId | undefined; readonly isCausal: boolean } | undefined {
  const { graph } = rewriter;
  const isCausal = intAttr(op, "is_causal", 0) !== 0;
  const counted = op.operands[COUNTED];
  const [left, right] = [intAttr(op, "left_window_size", -1), intAttr(op, "right_window_size", -1)];
  const before = left < 0 ? Infinity : left;
  const after = right < 0 ? Infinity : right;
  const keeps =
    counted === undefined
      ? windowKeep(rewriter, sizes, before, after)
      : countedKeeps(rewriter, counted, sizes, before, isCausal ? 0 : after, covers);
  const given = op.operands[MASK];
  if (given !== undefined && rewriter.shapeOf(given) === undefined) return undefined;
  const mask = given === undefined ? undefined : padMask(rewriter, given, sizes.keys, covers);
  const isStillCausal = isCausal && counted === undefined;
  const isLoneConstant = keeps.length === 0 && graph.constant(mask) !== undefined;
  if (mask === undefined ? keeps.length === 0 : isLoneConstant) return { mask, isCausal: isStillCausal };
  const terms = [...(mask === undefined ? [] : [mask]), ...keeps];
  const bools = terms.filter((id) => rewriter.dtypeOf(id) === "bool");
  const floats = terms.filter((id) => rewriter.dtypeOf(id) !== "bool");
  const [first, ...rest] = bools;
  if (first !== undefined) {
    const keep = rest.reduce((sum, id) => rewriter.emit("And", [sum, id], { covers }), first);
    floats.push(additive(rewriter, op, keep, covers));
  }
  return { mask: sumMasks(rewriter, floats, covers), isCausal: isStillCausal };
}

/** 0 where `keep` is true, minus infinity elsewhere. */
function additive(rewriter: Rewriter, op: Op, keep: ValueId, covers: readonly Op[]): ValueId {
  const [q] = op.operands;
  const dtype = q === undefined ? "f32" : rewriter.dtypeOf(q);
  const float = dtype === "f16" || dtype === "bf16" || dtype === "f64" ? dtype : "f32";
  const number = (value: number): ValueId => rewriter.constant("number", fullTensor(float, [], value));
  return rewriter.emit("Where", [keep, number(0), number(-Infinity)], { covers });
}

/** A mask for the first keys only masks those beyond it. */
function padMask(rewriter: Rewriter, mask: ValueId, keys: number, covers: readonly Op[]): ValueId {
  const shape = rewriter.shapeOf(mask) ?? [];
  const width = shape.at(-1) ?? 1;
  if (width === 1 || width === keys) return mask;
  const tail = [...shape.slice(0, -1), keys - width];
  const dtype = rewriter.dtypeOf(mask);
  const float = dtype === "f16" || dtype === "bf16" || dtype === "f64" ? dtype : "f32";
  const fill =
    dtype === "bool"
      ? tensorOf("bool", tail, new Array<boolean>(tail.reduce((a, b) => a * b, 1)).fill(false))
      : fullTensor(float, tail, -Infinity);
  const rest = rewriter.constant("masked", fill);
  return rewriter.emit("Concat", [mask, rest], { attrs: attrsOf({ axis: attr.int(-1) }), covers });
}

/** [queries, keys] of what a test says of key - query. */
function distances(sizes: Sizes, keep: (distance: number) => boolean): boolean[] {
  const { queries, keys } = sizes;
  return Array.from({ length: queries * keys }, (_, i) => keep((i % keys) - Math.floor(i / keys)));
}

function windowKeep(rewriter: Rewriter, sizes: Sizes, before: number, after: number): ValueId[] {
  if (before === Infinity && after === Infinity) return [];
  const { queries, keys, offset } = sizes;
  const keep = distances(sizes, (distance) => distance - offset <= after && offset - distance <= before);
  return [rewriter.constant("window", tensorOf("bool", [1, 1, queries, keys], keep))];
}

/** Keys below the count, in the window around the diagonal that ends at the count. */
function countedKeeps(
  rewriter: Rewriter,
  counted: ValueId,
  sizes: Sizes,
  before: number,
  after: number,
  covers: readonly Op[],
): ValueId[] {
  const { queries, keys } = sizes;
  const ints = (name: string, shape: readonly number[], values: readonly number[]): ValueId =>
    rewriter.constant(name, tensorOf("i64", [...shape], values.map(BigInt)));
  const count = rewriter.emit("Reshape", [counted, ints("shape", [4], [-1, 1, 1, 1])], { covers });
  const positions = Array.from({ length: keys }, (_, key) => key);
  const keeps = [rewriter.emit("Less", [ints("keys", [1, 1, 1, keys], positions), count], { covers })];
  const bound = (shift: number): ValueId => {
    const values = Array.from({ length: queries * keys }, (_, i) => (i % keys) - Math.floor(i / keys) + shift);
    return ints("bounds", [1, 1, queries, keys], values);
  };
  // key - query - (count - queries) <= after, and >= -before.
  if (after !== Infinity) keeps.push(rewriter.emit("LessOrEqual", [bound(queries - after), count], { covers }));
  if (before !== Infinity) keeps.push(rewriter.emit("GreaterOrEqual", [bound(queries + before), count], { covers }));
  return keeps;
}
