/** Where the picture comes from, and by which devices. */
export interface CaptureWish {
  readonly source: 'camera' | 'screen'
  /** Id of a device, empty for the browser's choice, or `NO_DEVICE`. */
  readonly camera: string
  readonly microphone: string
  /** Pixels wanted of the picture's short side. */
  readonly height: number
}

/** In the place of a device's id: none of its kind. */
export const NO_DEVICE = 'none'

/** Why there is nothing to publish. */
export type CaptureFailure =
  /** The page is not secure, so the browser has no cameras for it. */
  | 'insecure'
  | 'denied'
  /** The user closed the browser's choice of screens. */
  | 'cancelled'
  | 'missing'
  /** Another program has the device. */
  | 'busy'
  /** Neither picture nor sound was chosen. */
  | 'nothing'
  | 'unknown'

export type CaptureResult = { readonly media: MediaStream } | { readonly failure: CaptureFailure }

/** Whether the browser can share screens; those of phones can't. */
export const canShareScreen = (): boolean => typeof navigator.mediaDevices?.getDisplayMedia === 'function'

/** Asks the browser for picture and sound. */
export async function capture(wish: CaptureWish): Promise<CaptureResult> {
  if (!navigator.mediaDevices) return { failure: 'insecure' }
  try {
    const media = wish.source === 'screen' ? await captureScreen(wish) : await captureCamera(wish)
    return media ? { media } : { failure: 'nothing' }
  } catch (error) {
    return { failure: failureOf(error, wish.source) }
  }
}

/** Ends what was captured. */
export function release(media: MediaStream | undefined): void {
  for (const track of media?.getTracks() ?? []) track.stop()
}

/** The devices of each kind. Without permission their names are empty. */
export async function listDevices(): Promise<Readonly<Record<'camera' | 'microphone', readonly MediaDeviceInfo[]>>> {
  const all = (await navigator.mediaDevices?.enumerateDevices().catch(() => [])) ?? []
  const ofKind = (kind: MediaDeviceKind): MediaDeviceInfo[] => all.filter((device) => device.kind === kind)
  return { camera: ofKind('videoinput'), microphone: ofKind('audioinput') }
}

/** Whether the browser will give camera and microphone, and tells when that changes; `prompt` where it doesn't say. */
export async function cameraPermission(onChange: () => void): Promise<PermissionState> {
  const asked = ['camera', 'microphone'].map((name) => navigator.permissions?.query({ name: name as PermissionName }))
  const states = await Promise.all(asked).catch(() => [])
  for (const state of states) if (state) state.onchange = onChange
  if (states.some((one) => one?.state === 'denied')) return 'denied'
  return states.length > 0 && states.every((one) => one?.state === 'granted') ? 'granted' : 'prompt'
}

async function captureCamera({ camera, microphone, height }: CaptureWish): Promise<MediaStream | undefined> {
  const devices = await listDevices()
  const video = camera !== NO_DEVICE && devices.camera.length > 0 && { ...idOf(camera), ...sizeOf(height) }
  const audio = microphone !== NO_DEVICE && devices.microphone.length > 0 && idOf(microphone)
  if (!video && !audio) {
    const chosen = camera !== NO_DEVICE || microphone !== NO_DEVICE
    if (chosen) throw new DOMException('there is no device', 'NotFoundError')
    return undefined
  }
  const media = await navigator.mediaDevices.getUserMedia({ video, audio })
  for (const track of media.getVideoTracks()) track.contentHint = 'motion'
  return media
}

/** With the microphone's sound, or without one with that of what is shared. */
async function captureScreen({ microphone, height }: CaptureWish): Promise<MediaStream> {
  const audio = microphone === NO_DEVICE
  const screen = await navigator.mediaDevices.getDisplayMedia({ video: sizeOf(height), audio })
  for (const track of screen.getVideoTracks()) track.contentHint = 'detail'
  if (audio) return screen
  try {
    const voice = await navigator.mediaDevices.getUserMedia({ audio: idOf(microphone) })
    return new MediaStream([...screen.getVideoTracks(), ...voice.getAudioTracks()])
  } catch (error) {
    release(screen)
    // the screen was given: this is about the microphone
    throw error instanceof DOMException && error.name === 'NotAllowedError'
      ? new DOMException(error.message, 'SecurityError')
      : error
  }
}

const idOf = (id: string): MediaTrackConstraints => (id === '' ? {} : { deviceId: { exact: id } })

const sizeOf = (height: number): MediaTrackConstraints => ({
  width: { ideal: Math.round((height * 16) / 9) },
  height: { ideal: height },
  frameRate: { ideal: 30 },
})

/** @see W3C Media Capture and Streams §10.2 (getUserMedia) */
function failureOf(error: unknown, source: CaptureWish['source']): CaptureFailure {
  switch (error instanceof DOMException ? error.name : '') {
    case 'NotAllowedError':
      return source === 'screen' ? 'cancelled' : 'denied'
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return 'missing'
    case 'NotReadableError':
    case 'AbortError':
      return 'busy'
    default:
      return 'unknown'
  }
}
