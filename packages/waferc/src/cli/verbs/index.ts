// All verbs, in the order of the help.
import type { Verb } from "../verb.ts";
import { archVerb } from "./arch.ts";
import { checkModelVerb } from "./check-model.ts";
import { evalVerb } from "./eval.ts";
import { opsVerb } from "./ops.ts";
import { runVerb, simulateVerb } from "./run.ts";
import { verifyVerb } from "./verify.ts";

export const VERBS: readonly Verb[] = [checkModelVerb, runVerb, simulateVerb, verifyVerb, evalVerb, archVerb, opsVerb];
