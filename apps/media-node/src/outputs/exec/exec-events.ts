import path from 'node:path'

import { errorCode, errorMessage, type Logger } from '@millrace/core'
import type { StreamKey } from '@millrace/hub'

import type { AdmissionRequest } from '../../admission/admission.ts'
import type { BroadcastObserver, Publisher } from '../../broadcast/broadcasts.ts'
import { logFile } from '../../ffmpeg/log-file.ts'
import { ChildSet, type StartChild } from '../../io/child-set.ts'
import type { Child, Children } from '../../io/child.ts'
import type { Player, Players, PlayersObserver } from '../../players/players.ts'
import { timeVariables, type Variables } from '../../variables.ts'
import { clientVariables, commandOf } from './exec-command.ts'

/** Events at which programs run once, under nginx-rtmp's names. */
export type ExecEvent = 'exec_publish' | 'exec_publish_done' | 'exec_play' | 'exec_play_done' | 'exec_record_done'

/** Command lines. */
type Lines = readonly (readonly string[])[]

/** What the file says at the moment. */
export interface ExecEventSettings {
  /** Command lines of each event. */
  readonly events: Readonly<Record<ExecEvent, Lines>>
  /** Command lines to run while anybody plays a stream. */
  readonly pull: Lines
  readonly logDir: string
  readonly utc: boolean
}

/** A recording's file that is complete. */
export interface RecordedFile {
  readonly key: StreamKey
  /** Of who published it. */
  readonly request: AdmissionRequest
  /** Absolute. */
  readonly path: string
}

export interface ExecEventsDeps {
  /** Undefined for a vhost without. */
  readonly settingsOf: (vhost: string) => ExecEventSettings | undefined
  /** Of the node's first RTMP listener. */
  readonly rtmpPort: () => number
  /** For programs that run as long as they are wanted. */
  readonly children: Pick<Children, 'start'>
  /** For those that run once: a crowd of players must not take the places of the others. */
  readonly passing: Pick<Children, 'start'>
  readonly logger: Logger
}

/** Whom an event is about. */
type Client = Pick<AdmissionRequest, 'param' | 'client'>

/**
 * Runs the programs that nginx-rtmp runs at an event, once each, and those that run from the first player of a stream until the last
 * has left.
 *
 * @see nginx-rtmp-module, "Exec"
 */
export class ExecEvents implements BroadcastObserver, PlayersObserver {
  readonly #deps: ExecEventsDeps
  readonly #players: Pick<Players, 'count'>
  readonly #pulls = new Map<string, { readonly player: Player; readonly programs: ChildSet }>()

  /** @param players whose observer this is to be made */
  constructor(deps: ExecEventsDeps, players: Pick<Players, 'count'>) {
    this.#deps = deps
    this.#players = players
  }

  began({ stream: { key }, ended }: Publisher, request: AdmissionRequest): void {
    this.#run('exec_publish', key, request)
    void ended.then(() => this.#run('exec_publish_done', key, request))
  }

  joined(player: Player): void {
    this.#run('exec_play', player.key, player)
    const id = streamId(player.key)
    if (!this.#pulls.has(id) && this.#wanted(player).size > 0) {
      this.#pulls.set(id, { player, programs: new ChildSet() })
    }
    this.#updatePull(id)
  }

  left(player: Player): void {
    this.#run('exec_play_done', player.key, player)
    this.#updatePull(streamId(player.key))
  }

  recorded({ key, request, path: file }: RecordedFile): void {
    const { dir: dirname, base: filename, name: basename } = path.parse(file)
    this.#run('exec_record_done', key, request, { path: file, dirname, filename, basename })
  }

  /** The file has changed: of what runs, what is different ends and begins. */
  refresh(): void {
    for (const id of this.#pulls.keys()) this.#updatePull(id)
  }

  #updatePull(id: string): void {
    const pull = this.#pulls.get(id)
    if (!pull) return
    const { player, programs } = pull
    if (this.#players.count(id) > 0) return programs.update(this.#wanted(player))
    void programs.close().then(() => {
      if (this.#players.count(id) === 0 && this.#pulls.get(id) === pull) this.#pulls.delete(id)
    })
  }

  #wanted(player: Player): ReadonlyMap<string, StartChild> {
    const settings = this.#deps.settingsOf(player.key.vhost)
    const { pull = [], logDir } = settings ?? {}
    const start = (line: readonly string[], i: number): Child | undefined =>
      settings && this.#start('exec_pull', i, line, { key: player.key, client: player, settings })
    return new Map(pull.map((line, i) => [JSON.stringify([i, line, logDir]), () => start(line, i)]))
  }

  #run(event: ExecEvent, key: StreamKey, client: Client, variables: Variables = {}): void {
    const settings = this.#deps.settingsOf(key.vhost)
    for (const [i, line] of (settings?.events[event] ?? []).entries()) {
      if (settings) this.#start(event, i, line, { key, client, settings, variables })
    }
  }

  #start(event: ExecEvent | 'exec_pull', i: number, line: readonly string[], about: About): Child | undefined {
    const { key, client, settings, variables = {} } = about
    const { vhost, app, name } = key
    const log = logFile(settings.logDir, event, vhost, app, name, String(i + 1))
    const once = event !== 'exec_pull'
    const children = once ? this.#deps.passing : this.#deps.children
    try {
      const times = timeVariables(Date.now(), settings.utc)
      const of = clientVariables(key, client, this.#deps.rtmpPort())
      const command = commandOf(line, { ...times, ...of, ...variables })
      const { stdout = log, stderr = log } = command
      return children.start({ ...command, name: `${event} ${streamId(key)} ${i + 1}`, stdout, stderr, once })
    } catch (error) {
      const fields = { stream: streamId(key), event, code: errorCode(error), error: errorMessage(error) }
      this.#deps.logger.warn(fields, 'program not started')
      return undefined
    }
  }
}

interface About {
  readonly key: StreamKey
  readonly client: Client
  readonly settings: ExecEventSettings
  readonly variables?: Variables
}

function streamId({ vhost, app, name }: StreamKey): string {
  return `${vhost}/${app}/${name}`
}
