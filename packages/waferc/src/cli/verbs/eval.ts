// `waferc eval`: answers the questions of a file by the most likely next token, and counts.
import { dirname } from "node:path";
import { readQuestions } from "../../data/questions.ts";
import { resolveTarget } from "../../data/target.ts";
import { evaluateQuestions, type Answer, type EvalResult } from "../../session/eval.ts";
import { openTarget } from "../../session/open-session.ts";
import { openPromptModel } from "../../session/prompt.ts";
import { SESSION_ENGINES } from "../../session/session.ts";
import { loadTokenizer } from "../../session/tokenizer.ts";
import { EXIT } from "../exit.ts";
import { failUsage } from "../../refusal.ts";
import { parseChoice, parseCount } from "../option-values.ts";
import { formatPercent, formatSeconds } from "../render.ts";
import { addVerb, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface EvalOptions extends CommonOptions {
  readonly questions?: string;
  readonly engine?: string;
  readonly limit?: string;
}

export const evalVerb: Verb = {
  name: "eval",
  declare(program, run) {
    addVerb(program, "eval", {
      summary: "answer questions and count the right ones",
      usage: "<target>",
      examples: [
        "eval build/tinyworld --questions models/tinyworld/questions.jsonl",
        "eval build/tinyworld --questions models/tinyworld/questions.jsonl --limit 20 --json",
      ],
    })
      .option("--questions <file>", 'a line {"prompt", "answer"} for each question')
      .option("--engine <engine>", `engine: ${SESSION_ENGINES.join(", ")}`)
      .option("--limit <n>", "only the first n questions")
      .action((target: string, options: EvalOptions) =>
        run("eval", options, (ctx) => evalTarget(target, options, ctx)),
      );
  },
};

function evalTarget(path: string, options: EvalOptions, ctx: VerbContext): VerbResult {
  if (options.questions === undefined) {
    failUsage("Cannot evaluate without questions", ["--questions models/tinyworld/questions.jsonl"]);
  }
  const target = resolveTarget(path);
  const engine = options.engine === undefined ? undefined : parseChoice("--engine", options.engine, SESSION_ENGINES);
  const all = readQuestions(options.questions);
  const questions = options.limit === undefined ? all : all.slice(0, parseCount("--limit", options.limit, 1));
  const tokenizer = loadTokenizer(target.kind === "directory" ? path : dirname(path));
  ctx.activity({ label: "load" });
  const { session } = openTarget(target, engine);
  const model = openPromptModel(session, tokenizer.padId);
  const started = ctx.seconds();
  const progress = (done: number): void => ctx.activity({ label: "answer", done, total: questions.length });
  progress(0);
  const result = evaluateQuestions(model, tokenizer, questions, (answer, i) => {
    progress(i + 1);
    if (ctx.isVerbose) ctx.note(printAnswer(answer, i));
  });
  const wallSeconds = ctx.seconds() - started;
  const { answers: _, ...facts } = result;
  return {
    exitCode: EXIT.good,
    text: printResult(result, wallSeconds, session.engine, ctx),
    json: { ...facts, engine: session.engine, wallSeconds },
  };
}

function printAnswer({ question, text, isCorrect, isGolden }: Answer, index: number): string {
  const golden = isGolden === undefined ? "" : isGolden ? ", as golden" : `, golden "${question.golden}"`;
  return `${index + 1}: "${text}" ${isCorrect ? "right" : `wrong ("${question.answer}")`}${golden}`;
}

function printResult(result: EvalResult, wallSeconds: number, engine: string, { styles }: VerbContext): string {
  const { questions, correct, accuracy, golden, latencySeconds } = result;
  const lines = [
    `${styles.strong(`${correct}/${questions}`)} right (${formatPercent(accuracy)}) · ${engine} · wall ${formatSeconds(wallSeconds)}`,
  ];
  if (golden !== undefined) {
    const verdict = golden.agree === golden.questions ? styles.good("all") : styles.bad(String(golden.agree));
    lines.push(`golden answers: ${verdict} of ${golden.questions} agree`);
    const differing = result.answers.flatMap((answer, i) =>
      answer.isGolden === false ? [printAnswer(answer, i)] : [],
    );
    lines.push(...differing.slice(0, 5).map((line) => `  ${line}`));
  }
  const { median, p99 } = latencySeconds;
  if (median !== null && p99 !== null) {
    lines.push(`time to the answer on the wafer: median ${formatSeconds(median)}, p99 ${formatSeconds(p99)}`);
  }
  return `${lines.join("\n")}\n`;
}
