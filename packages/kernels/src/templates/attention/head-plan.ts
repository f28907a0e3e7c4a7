/** Which column of the region works on which heads, and on which part of its query rows. */
import type { Expr } from "@waferc/ir/program";
import type { CodeBuilder } from "../../emit/code-builder.ts";
import { below, quotient, remainder } from "../../emit/expr.ts";

export interface HeadPlan {
  /** Heads one column works on, one after the other. */
  readonly headsPerColumn: number;
  /** Distinct groups of heads. */
  readonly headColumns: number;
  /** Columns that share a group of heads, each with `rowsPerPart` of the query rows. */
  readonly parts: number;
  readonly rowsPerPart: number;
  /** This core's group, its part, and 1 if it has work. */
  readonly headColumn: Expr;
  readonly part: Expr;
  readonly active: Expr;
}

export function planHeads(b: CodeBuilder, heads: number, rows: number): HeadPlan {
  const headsPerColumn = Math.ceil(heads / b.width);
  const headColumns = Math.ceil(heads / headsPerColumn);
  const rowsPerPart = Math.ceil(rows / Math.min(rows, Math.floor(b.width / headColumns)));
  const parts = Math.ceil(rows / rowsPerPart);
  return {
    headsPerColumn,
    headColumns,
    parts,
    rowsPerPart,
    headColumn: quotient(b.u, parts),
    part: remainder(b.u, parts),
    active: below(b.u, headColumns * parts),
  };
}
