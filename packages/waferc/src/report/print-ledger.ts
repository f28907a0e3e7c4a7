// The latency ledger in words: where the cycles of the critical path went, by kind and by kernel with its ONNX node, and what cores did.
import { formatCount, formatPercent, renderTable, type Styles } from "../cli/render.ts";
import { STALLS, type LedgerRecord } from "./ledger-record.ts";

const LINES = 10;
const LONGEST_NODE = 60;

export function printLedger(ledger: LedgerRecord, styles: Styles, lines = LINES): string {
  return [printPath(ledger, styles, lines), printTotals(ledger, styles)].join("");
}

function printPath({ criticalPath, kernels }: LedgerRecord, styles: Styles, lines: number): string {
  if (criticalPath === null) return printKernels(kernels, styles, lines);
  const { cycles, byKind, byKernel } = criticalPath;
  const kinds = Object.entries(byKind)
    .filter(([, spent]) => spent > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([kind, spent]) => `${kind} ${formatPercent(spent / cycles)}`);
  const rows = byKernel
    .slice(0, lines)
    .map(({ kernel, template, nodes, cycles: spent }) => [
      `  ${formatCount(spent)}`,
      formatPercent(spent / cycles),
      kernel ?? "(between kernels)",
      template ?? "",
      shorten(nodes),
    ]);
  const rest = byKernel.slice(lines).reduce((sum, one) => sum + one.cycles, 0);
  if (rest > 0)
    rows.push([`  ${formatCount(rest)}`, formatPercent(rest / cycles), `${byKernel.length - lines} more`, "", ""]);
  const head = `${styles.strong("critical path")} ${formatCount(cycles)} cycles: ${kinds.join(", ")}\n`;
  return head + renderTable(rows, ["right", "right"]);
}

function printKernels(kernels: LedgerRecord["kernels"], styles: Styles, lines: number): string {
  const ranked = [...kernels].sort((a, b) => b.peakCycles - a.peakCycles || (a.kernel < b.kernel ? -1 : 1));
  const rows = ranked
    .slice(0, lines)
    .map(({ kernel, template, nodes, peakCycles }) => [
      `  ${formatCount(peakCycles)}`,
      kernel,
      template,
      shorten(nodes),
    ]);
  return `${styles.strong("busiest kernels")} (cycles of the busiest core)\n${renderTable(rows, ["right"])}`;
}

function printTotals({ totals }: LedgerRecord, styles: Styles): string {
  const all = totals.busy + STALLS.reduce((sum, cause) => sum + totals[cause], 0);
  const parts = (["busy", ...STALLS] as const).map(
    (cause) => `${cause} ${formatPercent(all === 0 ? 0 : totals[cause] / all)}`,
  );
  return `${styles.strong("cores")} ${parts.join(", ")}\n`;
}

/** The first ONNX node, with how many more there are. */
function shorten(nodes: readonly string[]): string {
  const [first, ...others] = nodes;
  if (first === undefined) return "";
  const shown = first.length > LONGEST_NODE ? `..${first.slice(2 - LONGEST_NODE)}` : first;
  return others.length === 0 ? shown : `${shown} +${others.length}`;
}
