import {
  MAX_STORAGE_GRANTS,
  storageGrantAnswerSchema,
  type ObjectGrant,
  type StorageGrantAnswer,
} from '@millrace/contracts'
import { CodedError } from '@millrace/core'

import type { ControlClient } from '../../node-link/control-client.ts'
import type { TakeInfo } from './take-folder.ts'

export interface StorageGrantsDeps {
  readonly control: ControlClient
  /** Undefined until the node is registered. */
  readonly nodeId: () => string | undefined
  /** Milliseconds since the epoch. */
  readonly wallNowMs: () => number
}

/** An object of a take, by the name that contracts give it. */
export interface GrantedObject {
  readonly name: string
  readonly method: 'PUT' | 'GET'
}

/** Wants of one take that are asked for together: a refusal is for all of them. */
interface Wanted {
  readonly info: TakeInfo
  readonly objects: readonly GrantedObject[]
  readonly settle: (result: ObjectGrant | CodedError) => void
}

/** A grant isn't begun with so shortly before its end. */
const MARGIN_MS = 60_000
/** Grants kept, of all takes; those that are forgotten are asked for again. */
const MAX_KEPT = 4000

/**
 * How objects are written, as the control plane grants it. What many takes want at the same time is one request. Errors:
 * `CONTROL_UNREACHABLE`, `CONTROL_REFUSED`, and the code of the refusal, as `storageGrantErrorSchema` has them.
 */
export class StorageGrants {
  readonly #deps: StorageGrantsDeps
  readonly #kept = new Map<string, ObjectGrant>()
  #wanted: Wanted[] = []
  #asking = false

  constructor(deps: StorageGrantsDeps) {
    this.#deps = deps
  }

  /** The grant for one object; `ahead` are others that will be wanted soon, and may be asked for in the same breath. */
  async get(info: TakeInfo, object: GrantedObject, ahead: readonly GrantedObject[] = []): Promise<ObjectGrant> {
    const kept = this.#usable(info, object)
    if (kept) return kept
    const objects = [object, ...ahead.filter((other) => !this.#usable(info, other))]
    const { promise, resolve, reject } = Promise.withResolvers<ObjectGrant>()
    const settle = (result: ObjectGrant | CodedError): void =>
      result instanceof CodedError ? reject(result) : resolve(result)
    this.#wanted.push({ info, objects, settle })
    void this.#ask()
    return promise
  }

  /** The grant is used, or of no use. */
  forget({ takeId }: TakeInfo, { name, method }: GrantedObject): void {
    this.#kept.delete(keyOf(takeId, name, method))
  }

  #usable({ takeId }: TakeInfo, { name, method }: GrantedObject): ObjectGrant | undefined {
    const key = keyOf(takeId, name, method)
    const grant = this.#kept.get(key)
    if (!grant || grant.type === 'file') return grant
    if (Date.parse(grant.expires_at) - MARGIN_MS > this.#deps.wallNowMs()) return grant
    this.#kept.delete(key)
    return undefined
  }

  /** One request at a time: what comes meanwhile goes into the next. */
  async #ask(): Promise<void> {
    if (this.#asking) return
    this.#asking = true
    // whoever wants something in the same turn comes along
    await Promise.resolve()
    while (this.#wanted.length > 0) {
      const batch = takeBatch(this.#wanted)
      this.#wanted = this.#wanted.slice(batch.length)
      await this.#askFor(batch)
    }
    this.#asking = false
  }

  async #askFor(batch: readonly Wanted[]): Promise<void> {
    try {
      const { grants } = await this.#post(batch)
      for (const [i, wanted] of batch.entries()) wanted.settle(this.#keep(wanted, grants[i]))
    } catch (error) {
      const failure =
        error instanceof CodedError
          ? error
          : new CodedError('CONTROL_REFUSED', 'an answer that is none', { cause: error })
      for (const { settle } of batch) settle(failure)
    }
  }

  async #post(batch: readonly Wanted[]): Promise<StorageGrantAnswer> {
    const nodeId = this.#deps.nodeId()
    if (nodeId === undefined) throw new CodedError('CONTROL_UNREACHABLE', 'not registered at the control plane yet')
    const requests = batch.map(({ info, objects }) => ({
      take_id: info.takeId,
      stream_id: info.streamId,
      session_id: info.sessionId,
      epoch: info.epoch,
      storage_id: info.storageId,
      format: info.format,
      objects,
    }))
    const body = { node_id: nodeId, requests }
    return storageGrantAnswerSchema.parse(await this.#deps.control.post('/node/v1/storage-grants', body))
  }

  /** Keeps what was granted, and finds what was wanted first. */
  #keep(
    { info, objects }: Wanted,
    granted: StorageGrantAnswer['grants'][number] | undefined,
  ): ObjectGrant | CodedError {
    const [first] = objects
    if (!granted || !first) return new CodedError('CONTROL_REFUSED', 'an answer with too few grants')
    if ('error_code' in granted) return new CodedError(granted.error_code, 'the control plane grants no storage')
    for (const grant of granted.objects) this.#kept.set(keyOf(info.takeId, grant.name, grant.method), grant)
    for (const key of this.#kept.keys()) {
      if (this.#kept.size <= MAX_KEPT) break
      this.#kept.delete(key)
    }
    const wanted = granted.objects.find(({ name, method }) => name === first.name && method === first.method)
    return wanted ?? new CodedError('CONTROL_REFUSED', 'a grant is missing')
  }
}

const keyOf = (takeId: string, name: string, method: string): string => `${method} ${takeId}/${name}`

/** As many from the front as one request may have. */
function takeBatch(wanted: readonly Wanted[]): readonly Wanted[] {
  let objects = 0
  const end = wanted.findIndex((one, i) => {
    objects += one.objects.length
    return i >= MAX_STORAGE_GRANTS.takes || objects > MAX_STORAGE_GRANTS.objects
  })
  return end < 0 ? wanted : wanted.slice(0, end)
}
