import { MAX_ORIGIN_LOOKUPS, originAnswerSchema, type StreamOrigin } from '@millrace/contracts'
import type { StreamKey } from '@millrace/hub'

import type { ControlClient } from '../../node-link/control-client.ts'
import type { Directory, Origin } from './origin.ts'

export interface DirectoryDeps {
  control: ControlClient
  /** Undefined until the node is registered. */
  nodeId: () => string | undefined
}

interface Asked {
  readonly key: StreamKey
  readonly answer: PromiseWithResolvers<StreamOrigin | undefined>
}

/** Asks the control plane: one request at a time, for all streams that are looked for meanwhile. */
export class ControlDirectory implements Directory {
  readonly #deps: DirectoryDeps
  #waiting = new Map<string, Asked>()
  #asking = false

  constructor(deps: DirectoryDeps) {
    this.#deps = deps
  }

  /** Throws as `ControlClient.post` does. */
  async locate(key: StreamKey): Promise<Origin | undefined> {
    const found = await this.#find(key)
    if (!found) return undefined
    const { url, token, node_id: origin, epoch } = found
    return { url, headers: { authorization: `Bearer ${token}` }, fields: { origin, epoch } }
  }

  #find(key: StreamKey): Promise<StreamOrigin | undefined> {
    const id = `${key.vhost}/${key.app}/${key.name}`
    let asked = this.#waiting.get(id)
    if (!asked) {
      asked = { key, answer: Promise.withResolvers() }
      this.#waiting.set(id, asked)
    }
    if (!this.#asking) void this.#askAll()
    return asked.answer.promise
  }

  async #askAll(): Promise<void> {
    this.#asking = true
    // all that is looked for at this moment is one question
    await Promise.resolve()
    while (this.#waiting.size > 0) {
      const batch = [...this.#waiting].slice(0, MAX_ORIGIN_LOOKUPS)
      for (const [id] of batch) this.#waiting.delete(id)
      await this.#ask(batch.map(([, asked]) => asked))
    }
    this.#asking = false
  }

  async #ask(batch: readonly Asked[]): Promise<void> {
    const nodeId = this.#deps.nodeId()
    if (nodeId === undefined) return batch.forEach(({ answer }) => answer.resolve(undefined))
    const streams = batch.map(({ key: { vhost, app, name } }) => ({ vhost, app, stream: name }))
    try {
      const body = await this.#deps.control.post('/node/v1/origins', { node_id: nodeId, streams })
      const { origins } = originAnswerSchema.parse(body)
      for (const { key, answer } of batch) {
        answer.resolve(origins.find((o) => o.stream === key.name && o.app === key.app && o.vhost === key.vhost))
      }
    } catch (error) {
      for (const { answer } of batch) answer.reject(error)
    }
  }
}
