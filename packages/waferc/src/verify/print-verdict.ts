// A verdict in words: one line that says everything, then a line for each output.
import type { Styles } from "../cli/render.ts";
import { formatCount, formatNumber } from "../cli/render.ts";
import type { OutputVerdict, Verdict } from "./verify-outputs.ts";

/** `PASS 1/1 outputs · worst 3 ULP at logits[0,4,11]: expected .., got .., 2 % of the tolerance`. */
export function printVerdictLine({ pass, outputs }: Verdict, styles: Styles): string {
  const passed = outputs.filter((output) => output.pass).length;
  const head = pass ? styles.good("PASS") : styles.bad("FAIL");
  const worst = outputs.find((output) => !output.pass) ?? outputs.reduce(worseOf);
  return `${head} ${passed}/${outputs.length} outputs${worst === undefined ? "" : ` · ${printWorst(worst)}`}`;
}

const worseOf = (a: OutputVerdict, b: OutputVerdict): OutputVerdict => (b.worstUse > a.worstUse ? b : a);

function printWorst(output: OutputVerdict): string {
  if (output.mismatch !== undefined) return `${output.name} has another ${output.mismatch}`;
  const { worst } = output;
  if (worst === undefined) return `${output.name} is empty`;
  const failures = output.pass
    ? ""
    : `${formatCount(output.failures)} of ${formatCount(output.elements)} elements fail, `;
  const place = `${output.name}[${worst.index.join(",")}]`;
  const values = `expected ${String(worst.expected)}, got ${String(worst.actual)}`;
  return `${failures}worst ${formatCount(output.worstUlp)} ULP at ${place}: ${values}, ${formatUse(output.worstUse)} of the tolerance`;
}

const formatUse = (use: number): string => (use < 10 ? `${(use * 100).toPrecision(2)} %` : `${formatNumber(use)}x`);

/** Metrics of one output on one line. */
export function printOutputLine(output: OutputVerdict, styles: Styles): string {
  const head = output.pass ? styles.good("pass") : styles.bad("fail");
  if (output.mismatch !== undefined) return `  ${head}  ${output.name}: another ${output.mismatch}`;
  const { maxAbs, maxRel, maxUlp, cosine, argmaxEqual, tolerance } = output;
  const facts = [
    `max abs ${formatNumber(maxAbs)}`,
    `max rel ${formatNumber(maxRel)}`,
    `max ULP ${formatCount(maxUlp)}`,
    `cosine ${cosine.toFixed(9)}`,
    `argmax ${argmaxEqual ? "equal" : "differs"}`,
  ];
  const peak = tolerance.peakTol ? `, peak ${tolerance.peakTol}` : "";
  return `  ${head}  ${output.name}: ${facts.join(" · ")} ${styles.faint(`(rtol ${tolerance.rtol}, atol ${tolerance.atol}${peak})`)}`;
}
