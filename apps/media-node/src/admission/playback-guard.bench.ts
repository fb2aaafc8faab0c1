/** `node apps/media-node/src/admission/playback-guard.bench.ts`: 2,000 viewers with a token each, at first and ever after. */
import type { SigningAlgorithm } from '@millrace/contracts'

import type { AdmissionRequest } from './admission.ts'
import { PlaybackGuard } from './playback-guard.ts'
import { SignedStream, WALL_MS } from './playback.test-support.ts'

const VIEWERS = 2000
const ROUNDS = 20
const RUNS = 5

const request = (token: string): AdmissionRequest => ({
  action: 'play',
  protocol: 'hls',
  vhost: 'localhost',
  app: 'live',
  stream: 'x',
  params: { token },
  client: { ip: '192.0.2.1' },
})

async function measure(algorithm: SigningAlgorithm): Promise<void> {
  const stream = new SignedStream(algorithm)
  const revocations = Array.from({ length: 10_000 }, (_, i) => stream.revocation({ vid: `banned ${i}` }))
  const state = stream.state({ revocations })
  const terms = stream.terms()
  const requests = Array.from({ length: VIEWERS }, (_, i) => request(stream.token({ vid: `viewer ${i}` })))
  const known = { vhost: '__defaultVhost__', known: true }
  for (let run = 0; run < RUNS; run++) {
    const guard = new PlaybackGuard({
      state,
      refresh: async () => {},
      nowMs: () => performance.now(),
      wallMs: () => WALL_MS,
    })
    const all = () => Promise.all(requests.map((wanted) => guard.admit(wanted, terms, known)))
    const loop = performance.eventLoopUtilization()
    const beganMs = performance.now()
    const passes = await all()
    const firstMs = performance.now() - beganMs
    const loopMs = performance.eventLoopUtilization(loop).active
    const againMs = performance.now()
    for (let round = 0; round < ROUNDS; round++) await all()
    const nextMs = (performance.now() - againMs) / ROUNDS
    const sweptMs = performance.now()
    for (const pass of passes) pass?.refusal()
    const sweepMs = performance.now() - sweptMs
    console.log(
      `${algorithm.padEnd(6)} first ${firstMs.toFixed(0)} ms (${loopMs.toFixed(0)} ms of the event loop), each next request ` +
        `${((nextMs * 1000) / VIEWERS).toFixed(2)} µs, all watched once ${sweepMs.toFixed(2)} ms`,
    )
  }
}

for (const algorithm of ['EdDSA', 'ES256'] as const) await measure(algorithm)
