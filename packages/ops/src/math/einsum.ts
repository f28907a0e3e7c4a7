// Equations of Einsum: "bij,bjk->bik", with "..." for axes that broadcast, and the alphabetical result where there is no
// arrow. An equation becomes labels by axis; the ellipsis becomes numbered labels.
import type { Dim, Shape } from "@waferc/ir/graph";
import { OpError, require } from "../op-error.ts";
import { printShape } from "../shapes.ts";

export interface Contraction {
  /** Labels of each operand's axes. */
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
  /** Labels that are summed over, and those of the result before them. */
  readonly labels: readonly string[];
  readonly lengths: ReadonlyMap<string, Dim>;
}

export function parseEquation(equation: string, shapes: readonly Shape[]): Contraction {
  const [left = "", right] = equation.replaceAll(" ", "").split("->");
  const terms = left.split(",");
  require(terms.length === shapes.length, () => `needs ${terms.length} operands for "${equation}"`);
  const ellipsisRank = Math.max(0, ...terms.map((term, i) => hiddenRank(term, shapes[i]!)));
  const operands = terms.map((term, i) => labelsOf(term, shapes[i]!.length, ellipsisRank));
  const result = right === undefined ? implicitResult(operands) : labelsOf(right, undefined, ellipsisRank);
  const lengths = lengthsOf(operands, shapes);
  require(result.every((label) => lengths.has(label)), () =>
    `cannot find every label of the result of "${equation}" in its operands`);
  const labels = [...result, ...[...lengths.keys()].filter((label) => !result.includes(label))];
  return { operands, result, labels, lengths };
}

function hiddenRank(term: string, shape: Shape): number {
  return term.includes("...") ? shape.length - term.replace("...", "").length : 0;
}

/** Labels of one term. The ellipsis stands for the last of `ellipsisRank` numbered labels. */
function labelsOf(term: string, rank: number | undefined, ellipsisRank: number): string[] {
  const [before = "", after] = term.split("...");
  const written = [...before, ...(after ?? "")];
  require(written.every((label) => /[A-Za-z]/.test(label)), () => `cannot read the term "${term}"`);
  const hidden = after === undefined ? 0 : rank === undefined ? ellipsisRank : rank - written.length;
  const isRankRight = rank === undefined || written.length + hidden === rank;
  require(isRankRight && hidden >= 0, () => `cannot read the term "${term}" of an operand of rank ${rank}`);
  const numbered = Array.from({ length: hidden }, (_, i) => String(ellipsisRank - hidden + i));
  return [...before, ...numbered, ...(after ?? "")];
}

/** Ellipsis labels, then letters that occur once, in alphabetical order. */
function implicitResult(operands: readonly (readonly string[])[]): string[] {
  const all = operands.flat();
  const numbered = [...new Set(all.filter((label) => /\d/.test(label)))].sort((a, b) => Number(a) - Number(b));
  const letters = all.filter((label) => /\D/.test(label) && all.indexOf(label) === all.lastIndexOf(label));
  return [...numbered, ...letters.sort((a, b) => (a < b ? -1 : 1))];
}

function lengthsOf(operands: readonly (readonly string[])[], shapes: readonly Shape[]): Map<string, Dim> {
  const lengths = new Map<string, Dim>();
  operands.forEach((labels, i) =>
    labels.forEach((label, axis) => {
      const [known, dim] = [lengths.get(label), shapes[i]![axis]!];
      if (known === undefined || known === 1 || known === "?") lengths.set(label, dim);
      else if (dim !== 1 && typeof dim === "number" && typeof known === "number" && dim !== known) {
        throw new OpError(`needs equal lengths for "${label}", but found ${printShape([known, dim])}`);
      }
    }),
  );
  return lengths;
}
