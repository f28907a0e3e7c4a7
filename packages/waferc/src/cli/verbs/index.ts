// All verbs, in the order of the help.
import type { Verb } from "../verb.ts";
import { archVerb } from "./arch.ts";
import { checkModelVerb } from "./check-model.ts";
import { opsVerb } from "./ops.ts";

export const VERBS: readonly Verb[] = [checkModelVerb, archVerb, opsVerb];
