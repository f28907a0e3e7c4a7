// What routers of the cycle engine can do wrong: send to nowhere, and send a host stream more than it has room for.
import { ProgramFault } from "../fault.ts";
import { type Fabric, PORT, PORT_NAMES } from "../image/fabric.ts";

/** A lane whose current rule names these ports (bits) sent a wavelet off the grid without a host port, or over a dead link. */
export function nothingBeyond(fabric: Fabric, lane: number, ports: number): ProgramFault {
  const side = [0, 1, 2, 3].find((port) => ports & (1 << port) && fabric.destination(lane, port) === -1) ?? PORT.ramp;
  const message = `Cannot send colour ${fabric.laneColor[lane]!} ${PORT_NAMES[side]!}: there is nothing to receive it`;
  return new ProgramFault("SIM-012", message, placeOf(fabric, lane));
}

/** A lane sent a wavelet to an `out` stream that was complete. */
export function surplusElement(fabric: Fabric, stream: number, lane: number): ProgramFault {
  const { wavelets, stream: host } = fabric.streams[stream]!;
  const message = `Cannot take more than ${wavelets} wavelets of host stream "${host.name}"`;
  return new ProgramFault("SIM-013", message, placeOf(fabric, lane));
}

function placeOf({ laneRouter, width }: Fabric, lane: number): { core: { x: number; y: number } } {
  const router = laneRouter[lane]!;
  return { core: { x: router % width, y: Math.floor(router / width) } };
}
