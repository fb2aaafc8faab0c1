import { codecLabel } from './codecs.ts'
import { ENGINE_LABELS } from './engine-names.ts'
import type { EngineName } from './engine-names.ts'
import type { Failure, PlayerState } from './state.ts'

/** What the overlay over the picture says and offers. */
export interface OverlayText {
  title: string
  text?: string
  busy: boolean
  actions: readonly OverlayAction[]
}

export type OverlayAction =
  | { type: 'play' | 'retry'; label: string }
  | { type: 'engine'; engine: EngineName; label: string }

/** The overlay of a state, or undefined when the picture should be free. `others`: engines that could be tried instead. */
export function overlayText(
  state: PlayerState,
  engine: EngineName,
  others: readonly EngineName[],
): OverlayText | undefined {
  switch (state.type) {
    case 'playing':
      return undefined
    case 'idle':
      return { title: 'No stream chosen', busy: false, actions: [] }
    case 'connecting':
      return { title: 'Connecting…', busy: true, actions: [] }
    case 'buffering':
      return { title: 'Buffering…', busy: true, actions: [] }
    case 'paused':
      return { title: 'Paused', busy: false, actions: [{ type: 'play', label: 'Play live' }] }
    case 'blocked':
      return { title: 'Ready to play', busy: false, actions: [{ type: 'play', label: 'Play' }] }
    case 'waiting':
      return {
        title: state.ended ? 'The stream has ended' : 'Not live yet',
        text: state.ended
          ? 'If it comes back, it starts by itself.'
          : 'It starts by itself as soon as somebody publishes.',
        busy: true,
        actions: [],
      }
    case 'reconnecting':
      return {
        title: 'Reconnecting…',
        text: `${interruption(state.failure)} (attempt ${state.attempt})`,
        busy: true,
        // what a firewall keeps out will be kept out the next time too
        actions: [
          ...(state.failure.reason === 'ice' ? engineActions(others) : []),
          { type: 'retry', label: 'Try now' },
        ],
      }
    case 'failed':
      return { ...failureText(state.failure, engine), busy: false, actions: failureActions(state.failure, others) }
  }
}

function interruption(failure: Failure): string {
  const { reason } = failure
  if (reason === 'ice') return noConnectivity(failure.port)
  if (reason === 'stalled') return 'No picture or sound is arriving'
  return reason === 'media' ? 'The media could not be decoded' : 'The connection was interrupted'
}

/** What to say when no media connection came about, `port` being the server's. */
export function noConnectivity(port: number | undefined): string {
  const name = port === undefined ? 'the server’s UDP or TCP port for WebRTC' : `port ${port} of the server`
  return `Media can’t get through to ${name}, neither by UDP nor by TCP: a firewall may be in the way.`
}

function failureText(failure: Failure, engine: EngineName): { title: string; text: string } {
  switch (failure.reason) {
    case 'codec': {
      const name = failure.codec ? codecLabel(failure.codec) : 'this codec'
      return {
        title: `This browser can’t play ${name}`,
        text: `It has no decoder for it by ${ENGINE_LABELS[engine]}. Try another way, another browser, or a player such as VLC with the links below.`,
      }
    }
    case 'unsupported':
      return {
        title: `This browser can’t play ${ENGINE_LABELS[engine]}`,
        text: `It has no ${engine === 'webrtc' ? 'WebRTC, or it is turned off' : 'Media Source Extensions'}. Try another way.`,
      }
    case 'forbidden':
      return { title: 'Not allowed', text: 'The server refused this stream: the link may have expired.' }
    default:
      return { title: 'Playback failed', text: interruption(failure) }
  }
}

function failureActions(failure: Failure, others: readonly EngineName[]): readonly OverlayAction[] {
  const retry: OverlayAction = { type: 'retry', label: 'Try again' }
  if (failure.reason === 'forbidden') return [retry]
  return [...engineActions(others), retry]
}

function engineActions(others: readonly EngineName[]): readonly OverlayAction[] {
  return others.map((engine) => ({ type: 'engine', engine, label: `Try ${ENGINE_LABELS[engine]}` }))
}
