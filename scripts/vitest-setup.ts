// Runs before every test file: expensive invariants on, and property tests on a fixed seed (FC_SEED=N tries another).
import fc from "fast-check";
import { enableExpensiveInvariants } from "@waferc/base";

enableExpensiveInvariants();
fc.configureGlobal({ seed: Number(process.env["FC_SEED"] ?? 1) });
