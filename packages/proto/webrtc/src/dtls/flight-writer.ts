import { concatBytes } from '@millrace/bytes'

import { FRAGMENT_HEADER_BYTES, type HandshakeMessage, writeFragment } from './handshake-message.ts'
import { CONTENT, DTLS_1_2 } from './protocol.ts'
import { RECORD_HEADER_BYTES, writeRecord } from './record.ts'
import { type RecordCipher, SEALED_BYTES } from './record-cipher.ts'

/** Of a datagram's payload. */
const MTU_BYTES = 1200
/** A message isn't cut for less of it than that. */
const LEAST_CUT_BYTES = 64
const CHANGE_CIPHER_SPEC = Uint8Array.of(1)

/** What a flight is made of: a message of an epoch, or the word that the next epoch begins. */
export type FlightItem = { readonly epoch: 0 | 1; readonly message: HandshakeMessage } | 'change cipher spec'

/** Makes datagrams, each with as many records as it takes, and counts the records of both epochs. */
export class FlightWriter {
  readonly #sequences: [number, number] = [0, 0]
  #cipher: RecordCipher | undefined

  /** @param cipher of epoch 1 */
  protectWith(cipher: RecordCipher): void {
    this.#cipher = cipher
  }

  /** Every time anew: a record that comes again would be taken for a replay. */
  write(flight: readonly FlightItem[]): Uint8Array[] {
    const datagrams: Uint8Array[] = []
    let records: Uint8Array[] = []
    let room = MTU_BYTES
    const add = (record: Uint8Array): void => {
      records.push(record)
      room -= record.length
    }
    const ship = (): void => {
      if (records.length > 0) datagrams.push(concatBytes(records))
      records = []
      room = MTU_BYTES
    }
    for (const item of flight) {
      if (item === 'change cipher spec') {
        if (room <= RECORD_HEADER_BYTES) ship()
        add(this.record(CONTENT.changeCipherSpec, 0, CHANGE_CIPHER_SPEC))
        continue
      }
      const { epoch, message } = item
      const overhead = RECORD_HEADER_BYTES + FRAGMENT_HEADER_BYTES + (epoch === 1 ? SEALED_BYTES : 0)
      const { length } = message.body
      let offset = 0
      do {
        if (room - overhead < Math.min(length - offset, LEAST_CUT_BYTES)) ship()
        const bytes = Math.min(length - offset, room - overhead)
        add(this.record(CONTENT.handshake, epoch, writeFragment(message, offset, bytes)))
        offset += bytes
      } while (offset < length)
    }
    ship()
    return datagrams
  }

  /** One record; before `protectWith` there is none of epoch 1. */
  record(type: number, epoch: 0 | 1, content: Uint8Array): Uint8Array {
    const record = { type, version: DTLS_1_2, epoch, sequence: this.#sequences[epoch]++, content }
    return writeRecord(epoch === 1 && this.#cipher ? this.#cipher.seal(record) : record)
  }
}
