import { videoCodecs } from '@millrace/player/webrtc'

import { byId, element } from '../dom.ts'
import { canShareScreen, listDevices, NO_DEVICE, type CaptureWish } from './capture.ts'
import { codecChoice } from './words.ts'

/** By the short side of the picture, the usual bitrate. */
const SIZES: readonly [height: number, bitrateBps: number][] = [
  [1080, 4_000_000],
  [720, 2_500_000],
  [480, 1_200_000],
  [360, 800_000],
]
const BITRATES_BPS = [400_000, 800_000, 1_200_000, 2_500_000, 4_000_000, 6_000_000, 8_000_000]
const USUAL_HEIGHT = 720

/** What is to be published, and how. */
export interface Settings {
  readonly capture: CaptureWish
  /** `app/name` */
  readonly stream: string
  readonly key: string | undefined
  readonly maxBitrateBps: number
  readonly videoCodec: string | undefined
  readonly simulcast: boolean
}

/** The form with devices, stream and quality. */
export class SettingsForm {
  readonly #form = byId<HTMLFormElement>('settings')
  readonly #fixed = byId<HTMLFieldSetElement>('fixed')
  readonly #camera = byId<HTMLSelectElement>('camera')
  readonly #microphone = byId<HTMLSelectElement>('microphone')
  readonly #size = byId<HTMLSelectElement>('size')
  readonly #bitrate = byId<HTMLSelectElement>('bitrate')
  readonly #codec = byId<HTMLSelectElement>('codec')
  readonly #stream = byId<HTMLInputElement>('stream')

  /** @param on `captured`: the picture has to be another; `submitted`: the user wants to publish */
  constructor(on: { captured: () => void; submitted: () => void }) {
    this.#fill()
    for (const node of [this.#camera, this.#microphone, this.#size]) node.addEventListener('change', on.captured)
    for (const radio of this.#sources()) radio.addEventListener('change', on.captured)
    this.#size.addEventListener('change', () => this.#useUsualBitrate())
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault()
      on.submitted()
    })
  }

  get settings(): Settings {
    const source = this.#sources().find(({ checked }) => checked)?.value
    return {
      capture: {
        source: source === 'screen' ? 'screen' : 'camera',
        camera: this.#camera.value,
        microphone: this.#microphone.value,
        height: Number(this.#size.value),
      },
      stream: streamOf(this.#stream.value),
      key: byId<HTMLInputElement>('key').value.trim() || undefined,
      maxBitrateBps: Number(this.#bitrate.value),
      videoCodec: this.#codec.value || undefined,
      simulcast: byId<HTMLInputElement>('simulcast').checked,
    }
  }

  set stream(stream: string) {
    this.#stream.value = stream
  }

  /** While live only devices can be changed. */
  lock(locked: boolean): void {
    this.#fixed.disabled = locked
  }

  /** Lists the devices that there are, and keeps the choice. */
  async listDevices(): Promise<void> {
    const devices = await listDevices()
    fillDevices(this.#camera, devices.camera, 'camera')
    fillDevices(this.#microphone, devices.microphone, 'microphone')
  }

  #fill(): void {
    this.#size.replaceChildren(...SIZES.map(([height]) => new Option(`${height}p`, String(height))))
    this.#bitrate.replaceChildren(...BITRATES_BPS.map((bps) => new Option(bitrateLabel(bps), String(bps))))
    this.#size.value = String(USUAL_HEIGHT)
    this.#useUsualBitrate()
    const codecs = videoCodecs()
    this.#codec.replaceChildren(...codecs.map((name) => new Option(codecChoice(name), name)))
    if (codecs.includes('H264')) this.#codec.value = 'H264'
    for (const radio of this.#sources()) radio.disabled = radio.value === 'screen' && !canShareScreen()
    void this.listDevices()
  }

  #useUsualBitrate(): void {
    const [, bitrateBps] = SIZES.find(([height]) => String(height) === this.#size.value) ?? []
    this.#bitrate.value = String(bitrateBps)
  }

  #sources(): HTMLInputElement[] {
    return [...this.#form.querySelectorAll<HTMLInputElement>('input[name=source]')]
  }
}

function fillDevices(select: HTMLSelectElement, devices: readonly MediaDeviceInfo[], kind: string): void {
  const { value } = select
  const named = devices.filter(({ deviceId }) => deviceId !== '' && deviceId !== 'default')
  const options = named.map(({ deviceId, label }, i) => new Option(label || `${kind} ${i + 1}`, deviceId))
  const usual = element('option', { value: '' }, devices.length > 0 ? `The usual ${kind}` : `No ${kind} found`)
  select.replaceChildren(usual, ...options, new Option(`No ${kind}`, NO_DEVICE))
  select.value = [...select.options].some((option) => option.value === value) ? value : ''
}

function bitrateLabel(bitrateBps: number): string {
  return bitrateBps < 1e6 ? `${bitrateBps / 1000} kbit/s` : `${bitrateBps / 1e6} Mbit/s`
}

/** `app/name`; the usual app where only a name is given. */
function streamOf(text: string): string {
  const path = text.trim().replace(/^\/+|\/+$/g, '')
  return path.includes('/') ? path : `live/${path}`
}
