import type { AdmissionRequest } from '../admission/admission.ts'
import type { BroadcastObserver, Publisher } from './broadcasts.ts'
import { ChildSet, type StartChild } from '../io/child-set.ts'

/** What is to run for a publish, each under a text that says all it is started by. */
export type WantedPrograms = (publisher: Publisher, request: AdmissionRequest) => ReadonlyMap<string, StartChild>

/** Programs that run while a stream is on, as the configuration file says at the moment. */
export class PublishPrograms implements BroadcastObserver {
  readonly #wanted: WantedPrograms
  /** Each makes the programs of one publish what they are to be. */
  readonly #publishes = new Set<() => void>()

  constructor(wanted: WantedPrograms) {
    this.#wanted = wanted
  }

  began(publisher: Publisher, request: AdmissionRequest): void {
    const programs = new ChildSet()
    const update = (): void => programs.update(this.#wanted(publisher, request))
    this.#publishes.add(update)
    update()
    void publisher.ended.then(() => {
      this.#publishes.delete(update)
      return programs.close()
    })
  }

  /** The file has changed: of what runs, what is different ends and begins. */
  refresh(): void {
    for (const update of this.#publishes) update()
  }
}
