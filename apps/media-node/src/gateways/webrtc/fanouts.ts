import type { LiveStream } from '@millrace/hub'

import type { PacketSender } from '../../io/packet-engine/packet-engine.ts'
import { Fanout } from './fanout.ts'

/** The streams that have players here. */
export class Fanouts {
  readonly #sender: PacketSender
  readonly #used = new Map<LiveStream, { fanout: Fanout; users: number }>()

  constructor(sender: PacketSender) {
    this.#sender = sender
  }

  /** The packets of a stream for one more player; `leave` when it goes. */
  join(stream: LiveStream): { fanout: Fanout; leave: () => void } {
    const used = this.#used.get(stream) ?? { fanout: new Fanout(stream, this.#sender), users: 0 }
    this.#used.set(stream, used)
    used.users++
    let joined = true
    const leave = (): void => {
      if (!joined) return
      joined = false
      if (--used.users > 0) return
      this.#used.delete(stream)
      used.fanout.close()
    }
    return { fanout: used.fanout, leave }
  }
}
