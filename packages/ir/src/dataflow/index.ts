export type * from "./dataflow.ts";
