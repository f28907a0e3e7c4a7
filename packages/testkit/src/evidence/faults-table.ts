// The page of the faults: a table of kinds and outcomes, and why those that change nothing do so.
import type { Judgement, RunOutcome, Verdict } from "./faults-judge.ts";
import type { CrossCheck } from "./faults-cross-check.ts";
import type { KindOfFault } from "./faults.ts";

/** When a fault of a kind leaves the program what it was. That it does so in an instance is proved by terms, not by this. */
const HARMLESS: Readonly<Record<string, string>> = {
  "route-transit": "no control wavelet meets the rule, so that its flag is never asked for",
  "route-state": "no wavelet of the colour comes to the router, or a whole round of positions leads the same ways",
  "route-color": "no wavelet comes to the router on either colour",
  "route-hop": "no wavelet of the colour comes to the router",
  "route-destination": "no wavelet meets the rule",
  "route-source": "no wavelet meets the rule",
  "class-color": "no instruction that moves something uses the formal colour on these cores",
  "class-param":
    "no instruction of the code reads the parameter, or what it is part of comes out the same (a minimum, a count of 0)",
  "send-count": "the view is empty on every core it is for, before and after",
  "recv-count": "the view is empty, or the count is 0, on every core it is for, before and after",
  "forward-count": "the view is empty, or the count is 0, on every core it is for, before and after",
  "bind-missing": "nothing moves on the colour on these cores",
  "instruction-color": "the view is empty, or the count is 0, on every core it is for",
  "local-count": "the element that is lost or gained is read by nobody",
  "loop-count": "the iteration that is lost or gained does what another one undoes, or moves and computes nothing",
  "view-offset": "the view is empty on every core, or what it writes is read by nobody",
  "view-stride": "the dimension has one element, or the view is empty",
  "matmul-k": "the instruction has no elements on any core",
  "matmul-fused": "the instruction has no elements on any core",
  "wait-missing":
    "nothing is outstanding on the microthread, on any core: its operation has no elements there, or a wait has come before",
  "advance-missing": "no wavelet follows on the colour, or the next position leads the same ways",
  "close-missing": "no wavelet, no open and no new binding follows on the colour",
  "open-missing": "no wavelet of the colour follows",
  "open-rules": "no wavelet of the colour follows",
  "instruction-missing": "what it writes is read by nobody, or it does nothing: no elements, nothing to wait for",
  "instruction-doubled": "doing it again gives the same: a copy, a fill, a wait, a bind",
  "instructions-exchanged":
    "neither touches what the other writes, nor a direction of a colour that the other uses; only time differs",
  microthread:
    "the wait comes before anything that depends on the operation, or there was nothing to wait for; only time differs",
  "buffer-address": "nothing else is alive at the new address while the buffer is",
  "buffer-size": "nothing uses the last element",
  "buffer-type": "bits go in and out, and nothing computes with them",
  "binding-start": "what is loaded is read by nobody, or lies outside the tensor before and after",
  "binding-offset": "what is loaded is read by nobody",
  "binding-tensor": "what is loaded is read by nobody",
  "binding-missing": "what is loaded is read by nobody, or zero",
  function: "the instruction has no elements on any core, or its result is read by nobody",
  literal: "the result is read by nobody",
  "reduce-fn": "the instruction has no elements on any core",
  "operands-swapped": "the instruction has no elements on any core, or both operands are the same",
  "destination-swapped": "the instruction has no elements on any core, or both views hold the same",
  "weight-bit": "nobody reads the element, or it only enters the one score of the first token, whose softmax is 1",
};

export function describeFaults(kinds: readonly KindOfFault[]): string[] {
  const all = kinds.flatMap(({ judgements }) => judgements);
  const totals = VERDICTS.map((verdict) => `${countOf(all, verdict)} ${verdict}`).join(", ");
  return [
    ...HEAD,
    "",
    `${all.length} faults of ${kinds.length} kinds: ${totals}.`,
    "",
    "| kind | fault | faults | rejected | by | caught | visible | equal | rounded | silent | rejected ones in the engine |",
    "|---|---|---|---|---|---|---|---|---|---|---|",
    ...kinds.map(rowOf),
    "",
    "Faults that change nothing:",
    "",
    ...kinds.flatMap(harmlessLine),
  ];
}

const VERDICTS: readonly Verdict[] = ["rejected", "caught", "visible", "equal", "rounded", "silent"];

const HEAD = [
  "Each fault alone, in tinyworld's program for 16 tokens on mesh8x8; kinds marked * have no place there and are put into random programs, where final",
  "memory counts as an output. A weight's bit is flipped with its digest made to fit, as if it had been wrong from the start; in a compiled directory a",
  "digest gives it away. The last column says what the fast engine finds in programs that `check` rejects already.",
  "",
  "- *rejected*: the verifier or the checker finds an error; *by* counts the first code.",
  "- *caught*: the engine ends with a fault that names a core, a colour or a stream. (So do all faults in the last column.)",
  "- *visible*: outputs differ in a bit on one of 40 inputs: a story's embeddings, then noise; nearly all do on the first.",
  "- *equal*: proved to change nothing. Both programs are run on terms: each value is replaced by a digest of the expression that it was computed by, over",
  "  elements of the inputs and constants (`packages/testkit/src/programs/symbolic`). If every element that leaves in an output has the same term in both, then",
  "  both compute the same function, bit by bit, for all inputs; by `docs/program.md` section 10 that holds for every timing. An engine must also have run the",
  "  program to its legal end without a fault and with the same outputs. In tinyworld's terms x - x is 0, max(-inf, x) and 1 * x are x, so there the proof is for",
  "  inputs with which all values are finite.",
  "- *rounded*: a weight changed by no more than 2^-16 of itself, which is the rounding error of the sums that it enters (256 products), with the same outputs on all",
  "  40 inputs.",
  "- *silent*: none of these.",
];

function countOf(judgements: readonly Judgement[], verdict: Verdict): number {
  return judgements.filter((judgement) => judgement.verdict === verdict).length;
}

function rowOf({ kind, about, isRandom, judgements }: KindOfFault): string {
  const rejected = judgements.filter(({ verdict }) => verdict === "rejected");
  const cells = [
    isRandom ? `${kind} *` : kind,
    about,
    judgements.length,
    rejected.length,
    tally(rejected.map(({ codes }) => codes[0] ?? "")),
    countOf(judgements, "caught"),
    countOf(judgements, "visible"),
    countOf(judgements, "equal"),
    countOf(judgements, "rounded"),
    countOf(judgements, "silent"),
    tally(rejected.map(({ run }) => (run ? ENGINE[run.kind] : "not run"))),
  ];
  return `| ${cells.join(" | ")} |`;
}

const ENGINE: Readonly<Record<RunOutcome["kind"], string>> = {
  fault: "fault",
  stopped: "no end",
  differs: "visible",
  equal: "equal",
  same: "not seen",
};

/** `a 3, b 1`, most frequent first. */
function tally(words: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  const sorted = [...counts].sort(([a, n], [b, m]) => m - n || (a < b ? -1 : 1));
  return sorted.map(([word, count]) => `${word} ${count}`).join(", ");
}

function equalOnes({ judgements }: KindOfFault): readonly Judgement[] {
  return judgements.filter(({ verdict }) => verdict === "equal");
}

function harmlessLine(kind: KindOfFault): string[] {
  const [first] = equalOnes(kind);
  return first ? [`- ${kind.kind}: ${HARMLESS[kind.kind] ?? "?"}. For example ${first.mutant.where}.`] : [];
}

/** Kinds whose faults may change nothing without a word on why. */
export function undocumentedKinds(kinds: readonly KindOfFault[]): string[] {
  return kinds
    .filter((kind) => equalOnes(kind).length > 0 && HARMLESS[kind.kind] === undefined)
    .map(({ kind }) => `${kind} may change nothing, but nothing says why`);
}

export function describeCrossCheck({ verdicts, contradictions }: CrossCheck, programs: number): string[] {
  const rows = [...verdicts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([verdict, count]) => `- ${verdict}: ${count}`);
  return [
    `One fault of each kind in each of ${programs} random programs, judged by the checker and run by \`untimed\`, \`cycle\` and \`fast\` (outputs and final memory`,
    `compared with each other and with the unharmed program's): ${contradictions.length} contradictions. The checker calls none legal that an engine finds faulty, engines agree on`,
    "which are faulty and on all values, and equal terms always come with equal values.",
    "",
    ...rows,
  ];
}
