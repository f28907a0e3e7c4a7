// Task accuracy: answers every question of a file and counts.
import type { Question } from "../data/questions.ts";
import { nextToken, type PromptModel } from "./prompt.ts";
import type { TextTokenizer } from "./tokenizer.ts";

export interface Answer {
  readonly question: Question;
  readonly tokens: number;
  readonly text: string;
  readonly isCorrect: boolean;
  /** Absent if the file has no golden answer. */
  readonly isGolden?: boolean;
  readonly latencySeconds?: number;
  readonly margin: number;
}

export interface EvalResult {
  readonly questions: number;
  readonly correct: number;
  readonly accuracy: number;
  /** Time on the wafer for one question; null where the engine does not tell. */
  readonly latencySeconds: { readonly median: number | null; readonly p99: number | null };
  /** Absent if the file has no golden answers. */
  readonly golden?: { readonly questions: number; readonly agree: number };
  readonly answers: readonly Answer[];
}

export function answerQuestion(model: PromptModel, tokenizer: TextTokenizer, question: Question): Answer {
  const prompt = tokenizer.encode(question.prompt);
  const next = nextToken(model, prompt);
  const text = tokenizer.decode([next.id]).trim();
  const { latencySeconds } = next.run.cost;
  return {
    question,
    tokens: prompt.length,
    text,
    isCorrect: text === question.answer.trim(),
    ...(question.golden === undefined ? {} : { isGolden: text === question.golden.trim() }),
    ...(latencySeconds === undefined ? {} : { latencySeconds }),
    margin: next.margin,
  };
}

/** Answers all questions. `onAnswer` hears of each. */
export function evaluateQuestions(
  model: PromptModel,
  tokenizer: TextTokenizer,
  questions: readonly Question[],
  onAnswer: (answer: Answer, index: number) => void = () => undefined,
): EvalResult {
  const answers = questions.map((question, i) => {
    const answer = answerQuestion(model, tokenizer, question);
    onAnswer(answer, i);
    return answer;
  });
  return countAnswers(answers);
}

/** What the answers come to, in the order of the questions. */
export function countAnswers(answers: readonly Answer[]): EvalResult {
  const correct = answers.filter(({ isCorrect }) => isCorrect).length;
  const judged = answers.filter(({ isGolden }) => isGolden !== undefined);
  const latencies = answers.flatMap(({ latencySeconds }) => latencySeconds ?? []).sort((a, b) => a - b);
  return {
    questions: answers.length,
    correct,
    accuracy: answers.length === 0 ? 0 : correct / answers.length,
    latencySeconds: { median: quantile(latencies, 0.5), p99: quantile(latencies, 0.99) },
    ...(judged.length === 0
      ? {}
      : { golden: { questions: judged.length, agree: judged.filter(({ isGolden }) => isGolden).length } }),
    answers,
  };
}

/** The smallest value that at least the share `q` of the sorted values does not exceed. */
export function quantile(sorted: readonly number[], q: number): number | null {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? null;
}
