// Filetests of the dataflow level.
import { runFiletests } from "@waferc/testkit/filetest";
import { dataflowLevel } from "./levels.ts";

runFiletests(new URL("dataflow/", import.meta.url), { levels: [dataflowLevel] });
