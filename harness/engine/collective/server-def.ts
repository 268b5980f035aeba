/**
 * @file The cluster as TensorFlow is told of it: the bytes of a `tensorflow.ServerDef`.
 *
 * Source: tensorflow/core/protobuf/tensorflow_server.proto, cluster.proto and config.proto, whose field numbers stand here.
 */

/** The name of a rank inside the cluster. */
export function taskName(rank: number): string {
  return `/job:worker/replica:0/task:${rank}`;
}

/**
 * @param addresses `host:port` of every rank, in their order
 * @param rank this process's own
 */
export function serverDef(addresses: readonly string[], rank: number): Uint8Array {
  const tasks = addresses.flatMap((address, i) => field(2, [...number(1, i), ...text(2, address)]));
  const cluster = field(1, [...text(1, 'worker'), ...tasks]);
  // Without a leader every rank would number the members of a group by itself.
  const session = field(16, text(1, taskName(0)));
  return Uint8Array.from([
    ...field(1, cluster),
    ...text(2, 'worker'),
    ...number(3, rank),
    ...field(4, session),
    ...text(5, 'grpc'),
  ]);
}

/** A field of bytes, preceded by their count (wire type 2). */
function field(number: number, bytes: readonly number[]): number[] {
  return [...varint((number << 3) | 2), ...varint(bytes.length), ...bytes];
}

function text(number: number, value: string): number[] {
  return field(number, [...new TextEncoder().encode(value)]);
}

function number(field: number, value: number): number[] {
  return [...varint(field << 3), ...varint(value)];
}

/** Seven bits per byte, the low ones first; the high bit says that another byte follows. */
function varint(value: number): number[] {
  return value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
}
