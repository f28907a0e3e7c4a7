// A thread that answers questions: opens the compiled model once, then answers each question that it is sent.
import { parentPort, workerData } from "node:worker_threads";
import type { EvalReply, EvalRequest, EvalSetup } from "./eval-pool.ts";
import { answerQuestion } from "./eval.ts";
import { openPrompts } from "./open-prompt-model.ts";

const { path, engine } = workerData as EvalSetup;
const { model, tokenizer } = openPrompts(path, engine);

parentPort?.on("message", ({ index, question }: EvalRequest) => {
  const reply: EvalReply = { index, answer: answerQuestion(model, tokenizer, question) };
  parentPort?.postMessage(reply);
});
