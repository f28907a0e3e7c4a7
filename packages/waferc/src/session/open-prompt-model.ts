// A path to something that answers prompts: its session and its tokenizer.
import { dirname } from "node:path";
import { resolveTarget } from "../data/target.ts";
import { openTarget } from "./open-session.ts";
import { openPromptModel, type PromptModel } from "./prompt.ts";
import type { SessionEngine } from "./session.ts";
import { loadTokenizer, type TextTokenizer } from "./tokenizer.ts";

export interface OpenedPromptModel {
  readonly model: PromptModel;
  readonly tokenizer: TextTokenizer;
}

export function openPrompts(path: string, engine: SessionEngine | undefined): OpenedPromptModel {
  const target = resolveTarget(path);
  const tokenizer = loadTokenizer(target.kind === "directory" ? path : dirname(path));
  const { session } = openTarget(target, engine);
  return { model: openPromptModel(session, tokenizer.padId), tokenizer };
}
