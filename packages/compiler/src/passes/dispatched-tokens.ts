// Tokens that are dispatched to one expert by NonZero of a mask: the mask is where a token's chosen experts, [tokens, chosen], are this
// one, and NonZero gives the tokens and the places among the chosen ones as columns. How many there are is data.
import { intAttr, intsAttr, type Op, type ValueId } from "@waferc/ir/graph";
import { toFloat64 } from "@waferc/numerics";
import { flatSource } from "./flat-source.ts";
import { readScalar } from "./pattern.ts";
import type { Rewriter } from "./rewriter.ts";

export interface Dispatch {
  readonly expert: number;
  /** Chosen experts, [tokens, chosen]. */
  readonly indices: ValueId;
  /** The NonZero. */
  readonly op: Op;
  /** Which of its columns are tokens: 0 or 1. */
  readonly tokenColumn: number;
}

export interface Column {
  readonly dispatch: Dispatch;
  readonly isTokens: boolean;
}

/** One of the two columns of a NonZero of such a mask. */
export function matchColumn(rewriter: Rewriter, id: ValueId): Column | undefined {
  const { graph } = rewriter;
  const source = flatSource(rewriter, id);
  const part = graph.producer(source);
  const [from, at] = part?.operands ?? [];
  if (part?.domain !== "" || from === undefined) return undefined;
  const turned = graph.producer(from);
  const isTurned = turned?.kind === "Transpose" && intsAttr(turned, "perm")?.join() === "1,0";
  const nonZero = isTurned ? graph.producer(turned.operands[0]) : turned;
  if (nonZero?.kind !== "NonZero" || nonZero.domain !== "") return undefined;
  const axis = intAttr(part, "axis", 0);
  const isAlong = axis === (isTurned ? 1 : 0);
  const index = part.kind === "Split" ? part.results.indexOf(source) : (readScalar(graph.constant(at)) ?? -1);
  const dispatch =
    (part.kind === "Split" && part.results.length === 2) || part.kind === "Gather"
      ? matchMask(rewriter, nonZero)
      : undefined;
  if (dispatch === undefined || !isAlong || (index !== 0 && index !== 1)) return undefined;
  return { dispatch, isTokens: index === dispatch.tokenColumn };
}

function matchMask(rewriter: Rewriter, nonZero: Op): Dispatch | undefined {
  const { graph } = rewriter;
  let [mask] = nonZero.operands;
  for (let op = graph.producer(mask); op?.kind === "Cast" && op.domain === ""; op = graph.producer(mask))
    [mask] = op.operands;
  const op = graph.producer(mask);
  const [first, second] = op?.operands ?? [];
  if (op?.domain !== "" || first === undefined) return undefined;
  const expert = readScalar(graph.constant(second));
  if (expert === undefined) return undefined;
  if (op.kind === "Equal") return { expert, indices: first, op: nonZero, tokenColumn: 0 };
  if (op.kind !== "Gather" || intAttr(op, "axis", 0) !== 0) return undefined;
  const turned = graph.producer(first);
  const perm = turned?.kind === "Transpose" && turned.domain === "" ? intsAttr(turned, "perm")?.join() : undefined;
  const indices = oneHotIndices(rewriter, turned?.operands[0]);
  if (indices === undefined || (perm !== "2,1,0" && perm !== "2,0,1")) return undefined;
  return { expert, indices, op: nonZero, tokenColumn: perm === "2,1,0" ? 1 : 0 };
}

/** What a OneHot along a last axis, with 1 for the index and 0 elsewhere, is made of. */
function oneHotIndices(rewriter: Rewriter, id: ValueId | undefined): ValueId | undefined {
  const op = rewriter.graph.producer(id);
  const [indices, , values] = op?.operands ?? [];
  const source = rewriter.graph.constant(values);
  if (op?.kind !== "OneHot" || op.domain !== "" || source === undefined || source.dtype === "string") return undefined;
  const [off, on] = toFloat64(source.read());
  const axis = intAttr(op, "axis", -1);
  const rank = indices === undefined ? 0 : (rewriter.shapeOf(indices)?.length ?? 0);
  return off === 0 && on === 1 && (axis === -1 || axis === rank) ? indices : undefined;
}
