// All verbs, in the order of the help.
import type { Verb } from "../verb.ts";
import { archVerb } from "./arch.ts";
import { checkModelVerb } from "./check-model.ts";
import { checkVerb } from "./check.ts";
import { compileVerb } from "./compile.ts";
import { evalVerb } from "./eval.ts";
import { inspectVerb } from "./inspect.ts";
import { opsVerb } from "./ops.ts";
import { passesVerb } from "./passes.ts";
import { runVerb, simulateVerb } from "./run.ts";
import { verifyVerb } from "./verify.ts";

export const VERBS: readonly Verb[] = [
  checkModelVerb,
  inspectVerb,
  compileVerb,
  runVerb,
  simulateVerb,
  checkVerb,
  verifyVerb,
  evalVerb,
  archVerb,
  opsVerb,
  passesVerb,
];
