// Values that are one vector along the rows of x and the same for every row: scales and biases, in whatever broadcastable shape.
import type { ValueId } from "@waferc/ir/graph";
import { tensorOf, toFloat64 } from "@waferc/numerics";
import type { Rewriter } from "./rewriter.ts";
import { rowAxis } from "./moments.ts";

/** A constant that is read to see whether its rows are equal. */
const ROWS_BYTES = 2 ** 24;

/** The value as a vector of `count` elements, the length of x's rows; undefined if it differs between rows. */
export function rowVector(rewriter: Rewriter, id: ValueId, x: ValueId, count: number): ValueId | undefined {
  const [shape, full] = [rewriter.shapeOf(id), rewriter.shapeOf(x)];
  const axis = full === undefined ? undefined : rowAxis(full, count);
  if (shape === undefined || full === undefined || axis === undefined || shape.length > full.length) return undefined;
  const padded = [...Array.from({ length: full.length - shape.length }, () => 1), ...shape];
  if (padded.some((length, i) => length !== 1 && length !== full[i])) return undefined;
  const row = padded.slice(axis);
  const single = padded.slice(0, axis).every((length) => length === 1) ? id : firstRow(rewriter, id, row);
  if (single === undefined) return undefined;
  const list = (lengths: readonly number[]): ValueId =>
    rewriter.constant("shape", tensorOf("i64", [lengths.length], lengths));
  const wanted = full.slice(axis);
  if (row.every((length, i) => length === wanted[i])) {
    return rewriter.shapeOf(single)?.length === 1 ? single : rewriter.emit("Reshape", [single, list([count])]);
  }
  const expanded = rewriter.emit("Expand", [rewriter.emit("Reshape", [single, list(row)]), list(wanted)]);
  return wanted.length === 1 ? expanded : rewriter.emit("Reshape", [expanded, list([count])]);
}

/** The first row of a constant all of whose rows are equal. */
function firstRow(rewriter: Rewriter, id: ValueId, row: readonly number[]): ValueId | undefined {
  const source = rewriter.graph.constant(id);
  if (source === undefined || source.byteLength > ROWS_BYTES || source.dtype === "string") return undefined;
  const values = toFloat64(source.read());
  const width = row.reduce((a, b) => a * b, 1);
  for (let i = width; i < values.length; i++) if (values[i] !== values[i - width]) return undefined;
  return rewriter.constant("row", tensorOf(source.dtype, row, [...values.subarray(0, width)]));
}
