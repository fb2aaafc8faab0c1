import { CodedError, errorMessage } from '@millrace/core'

/** Memory of ours that native code reads and writes as well: it stays where it is, and goes when nobody holds it any more. */
export interface NativeMemory {
  readonly bytes: Uint8Array
  readonly view: DataView
  /** Of the first byte. */
  readonly address: number
}

/** A function of ours that native code may call, on this thread and while a call of ours runs. */
export interface NativeCallback {
  readonly address: number
  release(): void
}

/** Pointers and integers are numbers: no address of a process has more than 53 bits. */
export type NativeFunction = (...args: (number | string)[]) => number

/** What `koffi` gives access to. */
export interface Native {
  /** Functions of the Node executable, or of the library of that file. The prototypes are in C, with `uintptr_t` for all pointers but `str`. */
  bind<const T extends Readonly<Record<string, string>>>(
    prototypes: T,
    file?: string,
  ): { readonly [K in keyof T]: NativeFunction }
  memory(bytes: number): NativeMemory
  /** @param parameters their types, as in C; neither they nor the result are longer than a pointer */
  callback(body: (...args: number[]) => number, result: string, parameters: readonly string[]): NativeCallback
  /** The text at an address, up to its zero; empty for none. */
  text(address: number): string
  /** A number of the size of a `long` at an address. */
  long(address: number): number
  /** Why the last call has failed. */
  errno(): number
}

/**
 * Loads `koffi`, whose binary is a package of its own per platform.
 *
 * @throws CodedError `PACKET_ENGINE_NO_KOFFI` where there is none
 */
export async function loadNative(): Promise<Native> {
  let koffi: typeof import('koffi')
  try {
    koffi = await import('koffi')
  } catch (cause) {
    throw new CodedError('PACKET_ENGINE_NO_KOFFI', `koffi is of no use here: ${errorMessage(cause)}`, { cause })
  }
  return {
    bind(prototypes, file) {
      try {
        const library = koffi.load(file ?? null)
        const bound = Object.entries(prototypes).map(([name, prototype]) => [name, library.func(prototype)])
        return Object.fromEntries(bound)
      } catch (cause) {
        throw new CodedError('PACKET_ENGINE_NO_SYMBOLS', `a library is not as expected: ${errorMessage(cause)}`, {
          cause,
        })
      }
    },
    memory(bytes) {
      const buffer = new ArrayBuffer(bytes)
      return { bytes: new Uint8Array(buffer), view: new DataView(buffer), address: Number(koffi.address(buffer)) }
    },
    callback(body, result, parameters) {
      const handle = koffi.register(body, koffi.pointer(koffi.proto(result, [...parameters])))
      return { address: Number(koffi.address(handle)), release: () => koffi.unregister(handle) }
    },
    text: (address) => (address === 0 ? '' : koffi.decode.string(BigInt(address))),
    long: (address) => Number(koffi.decode.ulong(BigInt(address))),
    errno: () => koffi.errno(),
  }
}
