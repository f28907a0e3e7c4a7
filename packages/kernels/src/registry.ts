/** The table of kernel templates. To add one: write its file, list it here. */
import type { KernelTemplate } from "./template.ts";
import { gatherAttention } from "./templates/attention/gather.ts";
import { binary } from "./templates/elementwise/binary.ts";
import { choose, compare } from "./templates/elementwise/select.ts";
import { unary } from "./templates/elementwise/unary.ts";
import { egress } from "./templates/io/egress.ts";
import { ingress } from "./templates/io/ingress.ts";
import { gatherMatmul } from "./templates/matmul/gather.ts";
import { reduceMatmul } from "./templates/matmul/reduce.ts";
import { moveConcat, moveView } from "./templates/move/view.ts";
import { layerNorm, rmsNorm } from "./templates/norm/normalize.ts";
import { rowReduce } from "./templates/reduce/row.ts";
import { rotate } from "./templates/rotary/rotate.ts";
import { rowSoftmax } from "./templates/softmax/row.ts";

export const templates: readonly KernelTemplate[] = [
  gatherAttention,
  binary,
  choose,
  compare,
  unary,
  egress,
  ingress,
  gatherMatmul,
  reduceMatmul,
  moveConcat,
  moveView,
  layerNorm,
  rmsNorm,
  rowReduce,
  rotate,
  rowSoftmax,
];

const byName = new Map(templates.map((template) => [template.name, template]));

export function findTemplate(name: string): KernelTemplate | undefined {
  return byName.get(name);
}
