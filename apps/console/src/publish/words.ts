import { noConnectivity, type PublishFailure } from '@millrace/player/webrtc'

import type { CaptureFailure } from './capture.ts'

/** What the user reads over the preview, and may do about it. */
export interface Message {
  readonly title: string
  readonly text?: string
  /** Label of a button that asks for the camera again. */
  readonly action?: string
}

export const ASK_FIRST: Message = {
  title: 'Camera and microphone are off',
  text: 'The browser will ask whether this page may use them.',
  action: 'Turn on',
}

/** Why there is no picture to publish. */
export function captureMessage(failure: CaptureFailure): Message {
  const action = 'Try again'
  switch (failure) {
    case 'insecure':
      return {
        title: 'No camera on an insecure page',
        text: 'Browsers give cameras to secure pages only: open this one by HTTPS, or on the server itself as localhost.',
      }
    case 'denied':
      return {
        title: 'Camera or microphone is blocked',
        text: 'Allow both for this page in the browser’s site settings, at the left of the address bar, and in those of the system.',
        action,
      }
    case 'cancelled':
      return { title: 'No screen was chosen', text: 'The browser asks for a screen, a window or a tab.', action }
    case 'missing':
      return { title: 'No camera or microphone found', text: 'Connect one, or choose another in the settings.', action }
    case 'busy':
      return { title: 'The camera can’t be used', text: 'Another program may have it. Close that one first.', action }
    case 'nothing':
      return { title: 'Neither picture nor sound', text: 'Choose a camera or a microphone in the settings.' }
    case 'unknown':
      return { title: 'The browser gave no picture', text: 'Choose another source in the settings.', action }
  }
}

/** Why publishing did not come about, or came to an end. */
export function publishMessage(failure: PublishFailure): Message {
  switch (failure.reason) {
    case 'unsupported':
      return {
        title: 'This browser can’t publish',
        text: 'It has no WebRTC, or it is turned off. Try another browser, or OBS.',
      }
    case 'forbidden':
      return {
        title: 'The server refused',
        text: 'The stream key is wrong or missing, or this stream is not to be published to.',
      }
    case 'not-found':
      return { title: 'Nothing to publish to', text: 'The server has no WebRTC here, or doesn’t know this stream.' }
    case 'busy':
      return { title: 'Somebody else is live', text: 'This stream has a publisher already.' }
    case 'codec':
      return { title: 'No codec in common', text: 'The server takes none of the codecs offered. Choose another.' }
    case 'refused':
      return { title: 'The server refused', text: `It answered with status ${failure.status}. Try again later.` }
    case 'network':
      return { title: 'The connection was interrupted', text: 'The server can’t be reached.' }
    case 'media':
      return { title: 'The server’s answer can’t be used', text: 'Choose another codec, or another browser.' }
    case 'ice':
      return { title: 'No connection for media', text: noConnectivity(failure.port) }
  }
}

const LIMITS: Readonly<Record<string, string>> = {
  none: '',
  cpu: 'by this computer',
  bandwidth: 'by the network',
  other: 'by the browser',
}

/** What keeps the picture from being better, as `getStats()` names it; empty for nothing. */
export const limitLabel = (reason: string): string => LIMITS[reason] ?? reason

const CODEC_NAMES: Readonly<Record<string, string>> = { H264: 'H.264, plays everywhere', H265: 'HEVC' }

/** A codec by its media type, for people. */
export const codecChoice = (name: string): string => CODEC_NAMES[name] ?? name
