import type { VhostConfig } from '@millrace/config'
import { errorMessage, type CodedError } from '@millrace/core'
import { RtmpClientSession } from '@millrace/rtmp'

import { AdmissionError, type AdmissionRequest } from '../admission/admission.ts'
import { dial } from '../io/dial.ts'
import { drive, type Driven } from '../io/drive.ts'
import { upstreamAt } from './upstream.ts'

/** Time for an origin to take a connection and answer `connect`. */
const ANSWER_MS = 3000

type Answer = 'accepted' | 'unreachable' | { readonly refused: string }

/**
 * Asks the origins of an edge about an RTMP client: connects to the first that can be reached, as the client itself has
 * connected here.
 *
 * @throws AdmissionError `TOKEN_REFUSED` or `ORIGIN_UNREACHABLE`
 */
export async function traverseToken(cluster: VhostConfig['cluster'], request: AdmissionRequest): Promise<void> {
  const isRtmp = request.protocol === 'rtmp' || request.protocol === 'rtmps'
  if (cluster.mode !== 'remote' || !cluster.token_traverse || !isRtmp) return
  for (const server of cluster.origin) {
    const answer = await ask(server, request)
    if (answer === 'accepted') return
    if (answer !== 'unreachable') throw new AdmissionError('TOKEN_REFUSED', `the origin refuses: ${answer.refused}`)
  }
  throw new AdmissionError('ORIGIN_UNREACHABLE', 'no origin can be asked at the moment')
}

function ask(server: string, { vhost, app, stream: name, client }: AdmissionRequest): Promise<Answer> {
  const { url, names } = upstreamAt(server, { vhost, app, name, param: '' })
  const session = new RtmpClientSession({
    nowMs: performance.now(),
    mode: 'play',
    tcUrl: client.tcUrl ?? names?.tcUrl ?? '',
    stream: name,
    pageUrl: client.pageUrl,
    swfUrl: client.swfUrl,
    args: client.connectArgs ?? undefined,
    startTimeoutMs: ANSWER_MS,
  })
  return new Promise((resolve) => {
    const socket = dial(url, {})
    let reached = false
    socket.once('connect', () => (reached = true))
    const refusal = (reason: CodedError | null): Answer =>
      reached ? { refused: reason ? errorMessage(reason) : 'it closed the connection' } : 'unreachable'
    const driven: Driven = drive(session, socket, {
      event({ type }) {
        if (type !== 'connected') return
        resolve('accepted')
        driven.close(null)
      },
      closed: (reason) => resolve(refusal(reason)),
    })
  })
}
