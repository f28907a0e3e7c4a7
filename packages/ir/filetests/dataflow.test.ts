// Filetests of the dataflow level.
import { runFiletests } from "@waferc/testkit/filetest";
import type { FiletestLevel } from "@waferc/testkit/filetest";
import { parseDataflow, printDataflow, verifyDataflow } from "@waferc/ir/dataflow";
import type { Dataflow } from "@waferc/ir/dataflow";

const dataflowLevel: FiletestLevel<Dataflow> = {
  level: "dataflow",
  parse: (text, file) => {
    const { dataflow, sourceMap } = parseDataflow(text, { file });
    return { noun: dataflow, sourceMap };
  },
  print: printDataflow,
  verify: verifyDataflow,
};

runFiletests(new URL("dataflow/", import.meta.url), { levels: [dataflowLevel] });
