// What is in a compiled directory: the map, SRAM by core, latency by kernel and ONNX node, colours, and what the host does and why.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { openCompiledModel, PLACEMENT_FILE, REPORT_FILE, type CompiledModel } from "../artefacts/compiled-model.ts";
import { EXIT } from "./exit.ts";
import { parseChoice } from "./option-values.ts";
import { formatBytes, formatCount, formatPercent, formatSeconds, renderTable } from "./render.ts";
import type { VerbContext, VerbResult } from "./verb.ts";
import { timeFirstEntry } from "../session/time-entry.ts";
import type { CompileReport } from "../report/compile-report.ts";
import type { LedgerRecord } from "../report/ledger-record.ts";
import { printHostOps } from "../report/print-host-ops.ts";
import { printLedger } from "../report/print-ledger.ts";
import type { PlacementRecord } from "../report/placement.ts";
import { MAP_GAP, printMaps, regionMap, sramMap } from "../report/text-map.ts";

const LINES = 12;

export function inspectDirectory(
  folder: string,
  options: { readonly map?: string; readonly simulate?: boolean },
  ctx: VerbContext,
): VerbResult {
  const which = parseChoice("--map", options.map ?? "both", ["regions", "sram", "both"]);
  const model = openCompiledModel(folder);
  const report = readJson<CompileReport>(folder, REPORT_FILE);
  const placement = readJson<PlacementRecord>(folder, PLACEMENT_FILE);
  if (options.simulate) ctx.activity({ label: "time the program" });
  const timing = options.simulate ? timeFirstEntry(model) : undefined;
  const { columns, styles } = ctx;
  const kinds = which === "both" ? (["regions", "sram"] as const) : [which];
  const share = Math.floor((columns - MAP_GAP * (kinds.length - 1)) / kinds.length);
  const maps = kinds.map((kind) =>
    kind === "regions"
      ? regionMap(placement, share, styles)
      : sramMap(placement, { capacity: report.sramBytes.capacity, columns: share }, styles),
  );
  const parts = [
    printHead(model, report, ctx),
    printMaps(maps, columns),
    printSram(report, ctx),
    timing?.ledger ? printLedger(timing.ledger, styles, LINES) : printEstimate(report, model, ctx),
    printHostOps(report.hostOps, report.meshMacShare, styles),
  ];
  return {
    exitCode: EXIT.good,
    text: parts.join("\n"),
    json: {
      manifest: model.manifest,
      report,
      placement,
      ledger: (timing?.ledger ?? null) satisfies LedgerRecord | null,
    },
  };
}

/** A JSON file of the directory, whose digest was checked when it was opened. */
function readJson<T>(folder: string, name: string): T {
  return JSON.parse(readFileSync(join(folder, name), "utf8")) as T;
}

function printHead({ manifest, machine }: CompiledModel, report: CompileReport, { styles }: VerbContext): string {
  const { cores, colors, kernels, flows, weights } = report;
  const io = [...manifest.signature.inputs, ...manifest.signature.outputs]
    .map(({ name, dtype, shape }) => `${name} ${dtype}[${shape?.join(",")}]`)
    .join(", ");
  return [
    `${styles.strong(manifest.model.name)} on ${machine.name}: ${io}`,
    `cores ${formatCount(cores.used)} of ${formatCount(cores.available)} · kernels ${kernels} · flows ${flows} · ` +
      `colours ${colors.used} of ${colors.available} · weights ${formatBytes(weights.bytes)} in ${weights.tensors} tensors`,
    "",
  ].join("\n");
}

function printSram({ sramBytes }: CompileReport, { styles }: VerbContext): string {
  const { peak, capacity, mean, histogram, fullest, fullestCore } = sramBytes;
  const most = Math.max(1, ...histogram.map(({ cores }) => cores));
  const bars = histogram.map(({ from, to, cores }) => [
    `  ${formatBytes(from)}`,
    `to ${formatBytes(to)}`,
    formatCount(cores),
    "#".repeat(Math.ceil((30 * cores) / most)),
  ]);
  const buffers = fullestCore.buffers
    .slice(0, LINES)
    .map(({ name, what, address, bytes }) => [`  ${formatBytes(bytes)}`, `at ${address}`, name, what]);
  const [core] = fullest;
  return [
    `${styles.strong("SRAM by core")} peak ${formatBytes(peak)} of ${formatBytes(capacity)} (${formatPercent(peak / capacity)}), mean ${formatBytes(mean)}`,
    renderTable(bars, ["right", "left", "right"]).trimEnd(),
    `fullest cores: ${fullest.map(({ x, y, bytes }) => `(${x},${y}) ${formatBytes(bytes)}`).join(", ")}`,
    core === undefined
      ? ""
      : `on core (${core.x},${core.y}): code ${formatBytes(fullestCore.codeBytes)}, buffers (they may share addresses):`,
    renderTable(buffers, ["right"]),
  ].join("\n");
}

function printEstimate(report: CompileReport, { machine }: CompiledModel, { styles }: VerbContext): string {
  const { estimate, estimatedCycles } = report;
  const rows = estimate
    .slice(0, LINES)
    .map(({ kernel, template, nodes, cycles }) => [
      `  ${formatCount(cycles)}`,
      formatPercent(cycles / estimatedCycles),
      kernel,
      template,
      nodes[0] ?? "",
    ]);
  const head = `${styles.strong("estimated latency")} ${formatCount(estimatedCycles)} cycles (${formatSeconds(estimatedCycles / machine.clockHz)}); --simulate measures it\n`;
  return head + renderTable(rows, ["right", "right"]);
}
