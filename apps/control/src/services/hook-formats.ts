import { type AdmitRequest, type HookEvent, streamSettingsSchema, publicStreamNameSchema } from '@millrace/contracts'
import { srsClientCallback } from '@millrace/contracts/plain'
import { z } from 'zod'

/** What a hook is asked about. */
export interface HookQuestion {
  event: HookEvent
  nodeId: string
  protocol: AdmitRequest['protocol']
  /** Names as they are meant: no key stands in them. */
  vhost: string
  app: string
  stream: string
  /** Without the stream key. */
  params: Readonly<Record<string, string>>
  client: AdmitRequest['client']
  keyId: string | null
}

/** What a hook said. */
export const hookAnswerSchema = z.discriminatedUnion('allow', [
  z.object({
    allow: z.literal(true),
    /** Go on with this stream of the same app. */
    stream: publicStreamNameSchema.optional(),
    max_bitrate_kbps: z.int().min(1).max(1_000_000).optional(),
    /** The broadcast or the watching ends after it. */
    lifetime_s: z.int().min(1).max(31_536_000).optional(),
    /** Shown with the stream from now on. */
    metadata: streamSettingsSchema.shape.metadata.unwrap().optional(),
  }),
  z.object({ allow: z.literal(false), reason: z.string().max(500).optional() }),
])
export type HookAnswer = z.infer<typeof hookAnswerSchema>

/** An answer as it came. */
export interface RawAnswer {
  statusCode: number
  body: Uint8Array
  complete: boolean
}

/** How hooks are asked and answer in one format. */
interface HookFormat {
  write(id: string, at: Date, question: HookQuestion): unknown
  /** Undefined for what is no answer. */
  read(answer: RawAnswer): HookAnswer | undefined
}

/** Our own: a message as events are, and `{"allow": true, …}` or `{"allow": false, "reason": …}`. */
const native: HookFormat = {
  write: (id, at, { event, nodeId, vhost, app, stream, protocol, client, params, keyId }) => ({
    id,
    type: `admission.${event}`,
    timestamp: at.toISOString(),
    data: { vhost, app, stream, protocol, client, params, key_id: keyId, node_id: nodeId },
  }),
  read({ statusCode, body, complete }) {
    if (statusCode < 200 || statusCode > 299 || !complete) return undefined
    return hookAnswerSchema.safeParse(jsonOf(body)).data
  },
}

/**
 * As SRS asks. Its answers: the text `0` to the byte, or an object with `code` 0; other numbers say no.
 *
 * SRS: any answer that isn't yes refuses; here what is no answer at all counts as an error of the hook.
 */
const srs: HookFormat = {
  write(id, _at, { event, nodeId, vhost, app, stream, params, client }) {
    const query = Object.entries(params).map(
      ([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`,
    )
    const text = query.length === 0 ? '' : `?${query.join('&')}`
    const param = text === '?vhost=__defaultVhost__' ? '' : text
    const [tcUrl, pageUrl] = [`rtmp://${vhost}/${app}`, client.page_url ?? '']
    const facts = { serverId: nodeId, clientId: id, ip: client.ip, vhost, app, stream, param, tcUrl, pageUrl }
    return srsClientCallback(`on_${event}`, facts)
  },
  read({ statusCode, body, complete }) {
    if ((statusCode !== 200 && statusCode !== 201) || !complete) return undefined
    const text = textOf(body)
    if (text !== undefined && /^-?\d{1,10}$/.test(text)) return text === '0' ? { allow: true } : { allow: false }
    const code = z.object({ code: z.int() }).safeParse(jsonOf(body)).data?.code
    if (code === undefined) return undefined
    return code === 0 ? { allow: true } : { allow: false }
  },
}

/** The formats, by the vhost's `callback_format`. */
export const HOOK_FORMATS: Readonly<Record<'native' | 'srs', HookFormat>> = { native, srs }

function textOf(body: Uint8Array): string | undefined {
  try {
    // a byte order mark is a byte like any other
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    return undefined
  }
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(textOf(body) ?? '')
  } catch {
    return undefined
  }
}
