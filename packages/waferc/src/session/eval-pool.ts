// Answers questions on several threads, each with its own copy of the compiled model. Answers do not depend on who gives them.
import { Worker } from "node:worker_threads";
import type { Question } from "../data/questions.ts";
import { countAnswers, type Answer, type EvalResult } from "./eval.ts";
import type { SessionEngine } from "./session.ts";

export interface EvalSetup {
  readonly path: string;
  readonly engine: SessionEngine | undefined;
}

export interface EvalRequest {
  readonly index: number;
  readonly question: Question;
}

export interface EvalReply {
  readonly index: number;
  readonly answer: Answer;
}

export interface EvalPoolOptions extends EvalSetup {
  /** The built file of `eval-worker.ts`. */
  readonly worker: URL;
  readonly jobs: number;
  readonly onAnswer?: (answer: Answer, index: number, done: number) => void;
}

/** Rejects with the error of the first thread that fails. */
export async function evaluateInPool(questions: readonly Question[], options: EvalPoolOptions): Promise<EvalResult> {
  const { worker: file, jobs, path, engine, onAnswer } = options;
  const answers = new Array<Answer>(questions.length);
  let [next, done] = [0, 0];
  const runThread = (worker: Worker): Promise<void> =>
    new Promise((resolve, reject) => {
      const ask = (): void => {
        const index = next++;
        const question = questions[index];
        if (question === undefined) resolve();
        else worker.postMessage({ index, question } satisfies EvalRequest);
      };
      worker.on("message", ({ index, answer }: EvalReply) => {
        answers[index] = answer;
        onAnswer?.(answer, index, ++done);
        ask();
      });
      worker.on("error", reject);
      worker.on("exit", () => reject(new Error("a thread that answers questions ended early")));
      ask();
    });
  const workers = Array.from(
    { length: jobs },
    () => new Worker(file, { workerData: { path, engine } satisfies EvalSetup }),
  );
  try {
    await Promise.all(workers.map(runThread));
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
  return countAnswers(answers);
}
