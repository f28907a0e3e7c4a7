/** Views as kernel templates write them: `at(buffer, offset, [count, stride], ..)`, outermost dimension first. */
import type { Source, View } from "@waferc/ir/program";
import { expr, isZero, type Int } from "./expr.ts";

export type DimSpec = readonly [count: Int, stride: number];

export function at(buffer: number, offset: Int, ...dims: readonly DimSpec[]): View {
  return { buffer, offset: expr(offset), dims: dims.map(([count, stride]) => ({ count: expr(count), stride })) };
}

/** True if the view is empty whatever the core: the instruction need not be emitted. */
export function isEmpty(view: View): boolean {
  return view.dims.some((dim) => isZero(dim.count));
}

export function literal(value: number): Source {
  return { kind: "literal", value };
}

export function from(view: View): Source {
  return { kind: "view", view };
}
