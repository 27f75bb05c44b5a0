import { StatusError } from './status-error.ts';

/** A number, or bytes. */
export type WireValue = bigint | Buffer;

/** The fields of a protobuf message, one after another. @throws StatusError 400 where the bytes end too early. */
export class WireReader implements Iterable<{ readonly number: number; readonly value: WireValue }> {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  *[Symbol.iterator](): Generator<{ readonly number: number; readonly value: WireValue }> {
    while (this.#at < this.#bytes.length) {
      const tag = Number(this.#varint());
      yield { number: Math.floor(tag / 8), value: this.#value(tag % 8) };
    }
  }

  #value(wireType: number): WireValue {
    switch (wireType) {
      case 0:
        return this.#varint();
      case 1:
        return this.#take(8);
      case 2:
        return this.#take(Number(this.#varint()));
      case 5:
        return this.#take(4);
      default:
        throw new StatusError(400, `the object provided is unrecognized: protobuf has no wire type ${wireType}`);
    }
  }

  #varint(): bigint {
    let result = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#take(1)[0] ?? 0;
      result |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return result;
    }
    throw new StatusError(400, 'the object provided is unrecognized: a number in protobuf is too long');
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (!(end <= this.#bytes.length)) throw new StatusError(400, 'the object provided is unrecognized: its protobuf ends early');
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}
