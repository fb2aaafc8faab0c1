import { crc32Mpeg } from '@millrace/bytes'
import { PACKET_BYTES, SYNC_BYTE } from './packet.ts'

/** PID of the program association table. */
export const PAT_PID = 0
/** PIDs that carry nothing but padding. */
export const NULL_PID = 0x1fff

/** Kinds of elementary streams. @see ISO/IEC 13818-1 table 2-34 */
export const STREAM_TYPE = { mpeg1Audio: 0x03, mpeg2Audio: 0x04, aacAdts: 0x0f, h264: 0x1b, hevc: 0x24 } as const

/** One elementary stream as a program map table lists it. */
export interface ElementaryInfo {
  readonly pid: number
  readonly streamType: number
  /** Its descriptors, tags and lengths included. */
  readonly descriptors: Uint8Array
}

export interface ProgramMap {
  readonly version: number
  readonly pcrPid: number
  readonly streams: readonly ElementaryInfo[]
}

/** Section of a program association table with one program. @see ISO/IEC 13818-1 §2.4.4.3 */
export function writePat(programNumber: number, pmtPid: number): Uint8Array {
  const body = [programNumber >> 8, programNumber & 0xff, 0xe0 | (pmtPid >> 8), pmtPid & 0xff]
  return writeSection(0x00, 1, 0, body)
}

/** Section of a program map table. The caller keeps it under 183 bytes, to fit one packet. @see ISO/IEC 13818-1 §2.4.4.8 */
export function writePmt(programNumber: number, map: ProgramMap): Uint8Array {
  const body = [0xe0 | (map.pcrPid >> 8), map.pcrPid & 0xff, 0xf0, 0]
  for (const { pid, streamType, descriptors } of map.streams) {
    body.push(streamType, 0xe0 | (pid >> 8), pid & 0xff, 0xf0 | (descriptors.length >> 8), descriptors.length & 0xff)
    body.push(...descriptors)
  }
  return writeSection(0x02, programNumber, map.version, body)
}

/** Writes a section as one packet at `at`, the rest stuffed. */
export function writeSectionPacket(
  out: Uint8Array,
  at: number,
  pid: number,
  section: Uint8Array,
  continuity: number,
): void {
  out.fill(0xff, at, at + PACKET_BYTES)
  out[at] = SYNC_BYTE
  out[at + 1] = 0x40 | (pid >> 8)
  out[at + 2] = pid & 0xff
  out[at + 3] = 0x10 | continuity
  out[at + 4] = 0 // pointer_field
  out.set(section, at + 5)
}

function writeSection(tableId: number, tableIdExtension: number, version: number, body: number[]): Uint8Array {
  const length = 5 + body.length + 4
  const bytes = [tableId, 0xb0 | (length >> 8), length & 0xff, tableIdExtension >> 8, tableIdExtension & 0xff]
  const section = Uint8Array.from([...bytes, 0xc1 | (version << 1), 0, 0, ...body, 0, 0, 0, 0])
  const crcAt = section.length - 4
  new DataView(section.buffer).setUint32(crcAt, crc32Mpeg(section.subarray(0, crcAt)))
  return section
}

/**
 * PID of the map table of the first program in a PAT section, undefined when it has none or the section is damaged
 * or not in force yet.
 */
export function readPat(section: Uint8Array): number | undefined {
  const body = readSection(section, 0x00)
  if (!body) return undefined
  for (let at = 0; at + 4 <= body.length; at += 4) {
    const program = u16(body, at)
    if (program !== 0) return u16(body, at + 2) & 0x1fff
  }
  return undefined
}

/** Reads a PMT section; undefined when it is damaged or not in force yet. Descriptors share its memory. */
export function readPmt(section: Uint8Array): ProgramMap | undefined {
  const body = readSection(section, 0x02)
  if (!body || body.length < 4) return undefined
  const streams: ElementaryInfo[] = []
  for (let at = 4 + (u16(body, 2) & 0xfff); at + 5 <= body.length;) {
    const end = at + 5 + (u16(body, at + 3) & 0xfff)
    if (end > body.length) return undefined
    streams.push({
      pid: u16(body, at + 1) & 0x1fff,
      streamType: body[at] ?? 0,
      descriptors: body.subarray(at + 5, end),
    })
    at = end
  }
  return { version: ((section[5] ?? 0) >> 1) & 0x1f, pcrPid: u16(body, 0) & 0x1fff, streams }
}

/** What lies between the section header and the CRC. */
function readSection(section: Uint8Array, tableId: number): Uint8Array | undefined {
  const isOurs = section.length >= 12 && section[0] === tableId && ((section[5] ?? 0) & 1) === 1
  // the CRC over a section with its CRC is 0
  return isOurs && crc32Mpeg(section) === 0 ? section.subarray(8, section.length - 4) : undefined
}

function u16(bytes: Uint8Array, at: number): number {
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)
}

/** Longest PAT or PMT section, header included. @see ISO/IEC 13818-1 §2.4.4.9 */
const MAX_SECTION_BYTES = 1024

/** Collects the sections of one PID from packet payloads. Sections that are too long are dropped. */
export class SectionAssembler {
  readonly #onSection: (section: Uint8Array) => void
  readonly #buffer = new Uint8Array(MAX_SECTION_BYTES)
  #length = 0
  /** Whether the buffer holds the beginning of a section. */
  #started = false

  /** `onSection` gets a section that is valid during the call. */
  constructor(onSection: (section: Uint8Array) => void) {
    this.#onSection = onSection
  }

  push(payload: Uint8Array, unitStart: boolean): void {
    if (!unitStart) return this.#append(payload)
    const pointer = payload[0] ?? 0
    if (pointer + 1 > payload.length) return this.reset()
    this.#append(payload.subarray(1, 1 + pointer))
    this.#started = true
    this.#length = 0
    this.#append(payload.subarray(1 + pointer))
  }

  /** Forgets a section in progress: a packet was lost. */
  reset(): void {
    this.#started = false
    this.#length = 0
  }

  #append(bytes: Uint8Array): void {
    for (let rest = bytes; this.#started && rest.length > 0;) {
      if (this.#length === 0 && rest[0] === 0xff) return this.reset()
      const wanted = this.#length < 3 ? 3 : this.#sectionBytes()
      if (wanted > MAX_SECTION_BYTES) return this.reset()
      const part = rest.subarray(0, wanted - this.#length)
      this.#buffer.set(part, this.#length)
      this.#length += part.length
      rest = rest.subarray(part.length)
      if (this.#length >= 3 && this.#length === this.#sectionBytes()) {
        this.#onSection(this.#buffer.subarray(0, this.#length))
        this.#length = 0
      }
    }
  }

  #sectionBytes(): number {
    return 3 + (u16(this.#buffer, 1) & 0xfff)
  }
}
