import { isDeepStrictEqual } from 'node:util'

import type { AccessRule, VhostConfig } from '@millrace/config'
import { HOOK_DEADLINE_MS, recordSettingsSchema, type HookEvent, type VhostSettings } from '@millrace/contracts'

/** Settings of a vhost that a file can say something about. */
type Settings = Pick<
  VhostSettings,
  'enabled' | 'ip_rules' | 'refer_rules' | 'callback_format' | 'admission_hook' | 'record'
>

/** What a block of a vhost comes to. */
export interface Taken {
  readonly settings: Partial<Settings>
  /** Directives of the block that have no place there, or not all of what they say, and why. */
  readonly left: Readonly<Record<string, string | undefined>>
}

const ACTIONS = ['publish', 'play'] as const

/**
 * `security`. SRS: who is in no rule of the action may not when there is any rule that allows, be it for the other action; and
 * nobody may without any rule. The control plane looks at the rules of the action alone, so these are written out.
 */
function takeSecurity({ allow, deny }: VhostConfig['security']): Taken {
  const rule = (effect: 'allow' | 'deny', { action, from }: AccessRule) => ({ effect, action, network: from })
  const given = [...deny.map((each) => rule('deny', each)), ...allow.map((each) => rule('allow', each))]
  const closed = ACTIONS.filter((action) => allow.length > 0 && allow.every((each) => each.action !== action))
  const implied = given.length === 0 ? ACTIONS : closed
  return {
    settings: { ip_rules: [...given, ...implied.map((action) => rule('deny', { action, from: 'all' }))] },
    left: {},
  }
}

function takeRefer({ all, publish, play }: VhostConfig['refer']): Taken {
  const lower = (domains: readonly string[]) => domains.map((domain) => domain.toLowerCase())
  return { settings: { refer_rules: { all: lower(all), publish: lower(publish), play: lower(play) } }, left: {} }
}

const TOLD = 'a vhost has a hook that decides; add a webhook endpoint for what is told'

/** `http_hooks`: one URL is asked, that of `on_publish` before the others. */
function takeHooks(hooks: VhostConfig['http_hooks']): Taken {
  const asked = { publish: hooks.on_publish, play: hooks.on_play, connect: hooks.on_connect }
  const url = hooks.on_publish[0] ?? hooks.on_play[0] ?? hooks.on_connect[0]
  const events = (Object.keys(asked) as HookEvent[]).filter((event) => asked[event][0] === url)
  const told = ['on_close', 'on_unpublish', 'on_stop', 'on_dvr', 'on_hls', 'on_hls_notify']
  const left: Record<string, string | undefined> = {
    ...Object.fromEntries(told.map((name) => [name, TOLD])),
    verify: hooks.verify ? undefined : 'certificates are always verified',
  }
  if (url === undefined) return { settings: {}, left }
  for (const [event, urls] of Object.entries(asked)) {
    const others = urls.filter((each) => each !== url)
    if (others.length > 0) left[`on_${event}`] = `a vhost asks one URL, ${url}, and not ${others.join(' ')}`
  }
  const timeoutMs = Math.round(hooks.timeout * 1000)
  const seconds = HOOK_DEADLINE_MS.max / 1000
  if (timeoutMs > HOOK_DEADLINE_MS.max) left['timeout'] = `an answer may take ${seconds} s at most; it is set to that`
  return {
    settings: {
      callback_format: 'srs',
      admission_hook: {
        url,
        events,
        deadline_ms: Math.min(timeoutMs, HOOK_DEADLINE_MS.max),
        cache_ttl_s: 0,
        // as in SRS, who can't be asked about is refused
        on_error: { publish: 'deny', play: 'deny' },
      },
    },
    left,
  }
}

/** Bounds of `split_s`. */
const SPLIT_S = { min: 10, max: 86_400 } as const

function takeDvr(dvr: VhostConfig['dvr']): Taken {
  const all = dvr.dvr_apply.includes('all')
  if (!all) return { settings: {}, left: DVR_OF_STREAMS }
  const splitS = Math.min(Math.max(dvr.dvr_duration, SPLIT_S.min), SPLIT_S.max)
  const segment = dvr.dvr_plan === 'segment'
  const record = {
    mode: 'automatic',
    format: dvr.dvr_path.endsWith('.mp4') ? 'mp4' : 'flv',
    plan: segment ? 'segment' : 'session',
    split_s: segment ? splitS : null,
  } as const
  const path = templateOf(dvr.dvr_path)
  const checked = recordSettingsSchema.safeParse({ ...record, path })
  const fault = checked.success ? undefined : checked.error.issues[0]?.message
  return {
    // segments, retention and storage are no matter of the file
    settings: { record: { ...record, path: fault === undefined ? path : null } as Settings['record'] },
    left: {
      dvr_path: fault === undefined ? undefined : `the name of a file in a storage ${fault}; recordings' ids are names`,
      dvr_duration: segment && splitS !== dvr.dvr_duration ? `${splitS} s is as near as it can be` : undefined,
      dvr_wait_keyframe: dvr.dvr_wait_keyframe ? undefined : 'recordings are cut at key frames',
      time_jitter: dvr.time_jitter === 'off' ? 'times are always repaired' : undefined,
    },
  }
}

const DVR_OF_STREAMS = Object.fromEntries(
  ['dvr_apply', 'dvr_plan', 'dvr_path', 'dvr_duration', 'dvr_wait_keyframe', 'time_jitter'].map((name) => [
    name,
    'a vhost records all of its streams: give `record` to those streams instead',
  ]),
)

/** A path on a node's disk as a name in a storage. SRS: a folder gets `[stream].[timestamp].flv`. */
function templateOf(path: string): string {
  const file = /\.(flv|mp4)$/.test(path) ? path : `${path.replace(/\/+$/, '')}/[stream].[timestamp].flv`
  return file.replace(/^(?:\.?\/)+/, '')
}

/** Blocks that vhosts of the control plane have settings for. */
export const TAKERS: Readonly<Record<string, (vhost: VhostConfig) => Taken>> = {
  security: ({ security }) => takeSecurity(security),
  refer: ({ refer }) => takeRefer(refer),
  http_hooks: ({ http_hooks: hooks }) => takeHooks(hooks),
  dvr: ({ dvr }) => takeDvr(dvr),
}

/** The settings of `wanted` that `current` doesn't have yet, member by member. */
export function changesOf<T extends object>(current: Readonly<Record<string, unknown>>, wanted: T): Partial<T> {
  const same = (name: string, value: unknown): boolean => {
    const before = current[name]
    const whole = isObject(before) && isObject(value) ? { ...before, ...value } : value
    return isDeepStrictEqual(before, whole)
  }
  return Object.fromEntries(Object.entries(wanted).filter(([name, value]) => !same(name, value))) as Partial<T>
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
