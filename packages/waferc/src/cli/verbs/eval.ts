// `waferc eval`: answers the questions of a file by the most likely next token, and counts.
import { availableParallelism } from "node:os";
import { readQuestions } from "../../data/questions.ts";
import { evaluateQuestions, type Answer, type EvalResult } from "../../session/eval.ts";
import { evaluateInPool } from "../../session/eval-pool.ts";
import { openPrompts } from "../../session/open-prompt-model.ts";
import { SESSION_ENGINES } from "../../session/session.ts";
import { EXIT } from "../exit.ts";
import { failUsage } from "../../refusal.ts";
import { parseChoice, parseCount } from "../option-values.ts";
import { formatPercent, formatSeconds } from "../render.ts";
import { addVerb, type CommonOptions, type Verb, type VerbContext, type VerbResult } from "../verb.ts";

interface EvalOptions extends CommonOptions {
  readonly questions?: string;
  readonly engine?: string;
  readonly limit?: string;
  readonly jobs?: string;
}

const MOST_DEFAULT_JOBS = 4;

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
      .option("-j, --jobs <n>", "threads that answer (one for each processor, up to 4)")
      .action((target: string, options: EvalOptions) =>
        run("eval", options, (ctx) => evalTarget(target, options, ctx)),
      );
  },
};

async function evalTarget(path: string, options: EvalOptions, ctx: VerbContext): Promise<VerbResult> {
  if (options.questions === undefined) {
    failUsage("Cannot evaluate without questions", ["--questions models/tinyworld/questions.jsonl"]);
  }
  const engine = options.engine === undefined ? undefined : parseChoice("--engine", options.engine, SESSION_ENGINES);
  const all = readQuestions(options.questions);
  const questions = options.limit === undefined ? all : all.slice(0, parseCount("--limit", options.limit, 1));
  const asked = options.jobs === undefined ? undefined : parseCount("--jobs", options.jobs, 1);
  ctx.activity({ label: "load" });
  // Opened here in any case, so that what is wrong with the model or its tokenizer is said before threads start.
  const { model, tokenizer } = openPrompts(path, engine);
  const jobs = ctx.evalWorker === undefined ? 1 : Math.min(asked ?? defaultJobs(), questions.length);
  const started = ctx.seconds();
  const onAnswer = (answer: Answer, index: number, done = index + 1): void => {
    ctx.activity({ label: "answer", done, total: questions.length });
    if (ctx.isVerbose) ctx.note(printAnswer(answer, index));
  };
  ctx.activity({ label: "answer", done: 0, total: questions.length });
  const result =
    jobs === 1 || ctx.evalWorker === undefined
      ? evaluateQuestions(model, tokenizer, questions, onAnswer)
      : await evaluateInPool(questions, { worker: ctx.evalWorker, jobs, path, engine, onAnswer });
  const wallSeconds = ctx.seconds() - started;
  const { answers: _, ...facts } = result;
  return {
    exitCode: EXIT.good,
    text: printResult(result, wallSeconds, model.session.engine, ctx),
    json: { ...facts, engine: model.session.engine, wallSeconds },
  };
}

/** A thread for each processor, up to a few: each holds the memory of all cores. */
function defaultJobs(): number {
  return Math.min(availableParallelism(), MOST_DEFAULT_JOBS);
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
